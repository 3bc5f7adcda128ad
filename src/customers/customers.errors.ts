import { AppError } from '../common/app-error';

/** Not there, or somebody else's: the answer does not tell. */
export class CustomerNotFound extends AppError {
  constructor() {
    super('not-found', 'customer.not_found', 'Customer not found');
  }
}

export class CustomerIdTaken extends AppError {
  constructor() {
    super('conflict', 'customer.id_taken', 'You have a customer with this customer_id already.');
  }
}
