import { AppError } from '../common/app-error';

export class SimulationNotFound extends AppError {
  constructor() {
    super('not-found', 'simulation.not_found', 'Simulation not found');
  }
}

export class TooManySimulations extends AppError {
  constructor(most: number) {
    super(
      'conflict',
      'simulation.too_many',
      `At most ${most} simulated calls may wait at a time. Wait for those that are under way.`,
    );
  }
}
