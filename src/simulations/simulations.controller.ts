import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RateLimit } from '../common/rate-limit.decorator';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import {
  CreateSimulationDto,
  ListSimulationsQueryDto,
  SimulationDto,
  SimulationReportDto,
  toPlan,
  toReportDto,
  toSimulationDto,
} from './dto/simulations.dto';
import { SimulationNotFound, TooManySimulations } from './simulations.errors';
import { MAX_WAITING_RUNS, Simulations } from './simulations.service';

const SCENARIO = {
  name: 'scenario_id',
  description: 'A built-in name, or a scenario_id of yours',
  example: 'receptionist',
};

@ApiTags('scenarios')
@ApiBearerAuth()
@Controller('scenarios/:scenario_id/simulations')
export class SimulationsController {
  constructor(private readonly simulations: Simulations) {}

  @Post()
  @HttpCode(202)
  @RateLimit('scenarios')
  @ApiParam(SCENARIO)
  @ApiOperation({
    summary: 'Has a scenario tried out by callers whom a model plays',
    description:
      'Nobody is rung and nothing is done to the world. The report comes by GET; `npm run simulate` waits for it and says by its exit code whether enough has passed.',
  })
  @ApiAcceptedResponse({ type: SimulationReportDto })
  @ApiProblems(
    [400, 'There is no such scenario', new InvalidScenario()],
    new CustomScenarioNotFound(),
    new TooManySimulations(MAX_WAITING_RUNS),
  )
  create(
    @CurrentOwner() owner: Owner,
    @Param('scenario_id') scenarioId: string,
    @Body() body: CreateSimulationDto,
  ): Promise<SimulationReportDto> {
    return this.simulations.create(owner, scenarioId, toPlan(body)).then(toReportDto);
  }

  @Get()
  @ApiParam(SCENARIO)
  @ApiOperation({ summary: 'The simulations of a scenario, newest first' })
  @ApiPage(SimulationDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Param('scenario_id') scenarioId: string,
    @Query() query: ListSimulationsQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SimulationDto[]> {
    return sendPage(reply, await this.simulations.list(owner, scenarioId, query), toSimulationDto);
  }

  @Get(':id')
  @ApiParam(SCENARIO)
  @ApiParam({ name: 'id', description: 'Of a simulation of yours', example: '3f0b6a3e-7a34-4b44-9a0e-9f3f2c0f3a41' })
  @ApiOperation({ summary: 'The report of a simulation: what was said in each call, and what it shows' })
  @ApiOkResponse({ type: SimulationReportDto })
  @ApiProblems(new SimulationNotFound())
  get(
    @CurrentOwner() owner: Owner,
    @Param('scenario_id') scenarioId: string,
    @Param('id') id: string,
  ): Promise<SimulationReportDto> {
    return this.simulations.get(owner, scenarioId, id).then(toReportDto);
  }
}
