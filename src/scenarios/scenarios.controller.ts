import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiProblems, ApiWithoutDatabase } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { RateLimit } from '../common/rate-limit.decorator';
import { BUILT_IN_SCENARIOS } from './built-in-scenarios';
import { allVoices, BuiltInScenarioDto, toBuiltInScenarioDto, VoiceDto } from './dto/built-in-scenario.dto';
import {
  CreateScenarioDto,
  CustomScenarioDto,
  MessageDto,
  ScenarioCreatedDto,
  toCustomScenarioDto,
  toScenarioCreatedDto,
  UpdateScenarioDto,
} from './dto/custom-scenario.dto';
import { CustomScenarioNotFound, InvalidVoiceType, TooManyScenarios } from './scenarios.errors';
import { ScenariosService } from './scenarios.service';

const SCENARIO_ID = {
  name: 'scenario_id',
  description: 'The scenario_id of a scenario of yours',
  example: 'custom_1_1763700000',
};

@ApiTags('scenarios')
@ApiBearerAuth()
@Controller()
export class ScenariosController {
  constructor(private readonly scenarios: ScenariosService) {}

  @Post('realtime/custom-scenario')
  @RateLimit('scenarios')
  @ApiOperation({ summary: 'Describes an agent of your own', description: 'At most 20 a user.' })
  @ApiCreatedResponse({ type: ScenarioCreatedDto })
  @ApiProblems([
    400,
    'An unknown voice type, or 20 scenarios are there already',
    new InvalidVoiceType(),
    new TooManyScenarios(20),
  ])
  create(@CurrentOwner() owner: Owner, @Body() fields: CreateScenarioDto): Promise<ScenarioCreatedDto> {
    return this.scenarios.create(owner, fields).then(toScenarioCreatedDto);
  }

  @Get('custom-scenarios')
  @ApiOperation({ summary: 'Your own scenarios, newest first' })
  @ApiOkResponse({ type: [CustomScenarioDto] })
  @ApiProblems()
  list(@CurrentOwner() owner: Owner): Promise<CustomScenarioDto[]> {
    return this.scenarios.list(owner).then((all) => all.map(toCustomScenarioDto));
  }

  @Get('custom-scenarios/:scenario_id')
  @ApiParam(SCENARIO_ID)
  @ApiOperation({ summary: 'One of your own scenarios' })
  @ApiOkResponse({ type: CustomScenarioDto })
  @ApiProblems(new CustomScenarioNotFound())
  get(@CurrentOwner() owner: Owner, @Param('scenario_id') scenarioId: string): Promise<CustomScenarioDto> {
    return this.scenarios.get(owner, scenarioId).then(toCustomScenarioDto);
  }

  @Put('custom-scenarios/:scenario_id')
  @ApiParam(SCENARIO_ID)
  @ApiOperation({ summary: 'Changes the fields that are given', description: 'Calls under way keep the old ones.' })
  @ApiOkResponse({ type: CustomScenarioDto })
  @ApiProblems([400, 'An unknown voice type', new InvalidVoiceType()], new CustomScenarioNotFound())
  update(
    @CurrentOwner() owner: Owner,
    @Param('scenario_id') scenarioId: string,
    @Body() fields: UpdateScenarioDto,
  ): Promise<CustomScenarioDto> {
    return this.scenarios.update(owner, scenarioId, fields).then(toCustomScenarioDto);
  }

  @Delete('custom-scenarios/:scenario_id')
  @ApiParam(SCENARIO_ID)
  @ApiOperation({ summary: 'Deletes one of your own scenarios' })
  @ApiOkResponse({ type: MessageDto })
  @ApiProblems(new CustomScenarioNotFound())
  async delete(@CurrentOwner() owner: Owner, @Param('scenario_id') scenarioId: string): Promise<MessageDto> {
    await this.scenarios.delete(owner, scenarioId);
    return { message: 'Custom scenario deleted successfully' };
  }

  @Get('scenarios')
  @ApiWithoutDatabase()
  @ApiOperation({ summary: 'The built-in scenarios' })
  @ApiOkResponse({ type: [BuiltInScenarioDto] })
  @ApiProblems()
  builtIn(): BuiltInScenarioDto[] {
    return [...BUILT_IN_SCENARIOS.values()].map(toBuiltInScenarioDto);
  }

  @Get('voices')
  @ApiWithoutDatabase()
  @ApiOperation({ summary: 'The voices a scenario can have' })
  @ApiOkResponse({ type: [VoiceDto] })
  @ApiProblems()
  voices(): VoiceDto[] {
    return allVoices();
  }
}
