import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiUserProblems } from '../common/openapi.decorators';
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
import { ScenariosService } from './scenarios.service';

@ApiTags('scenarios')
@ApiBearerAuth()
@Controller()
export class ScenariosController {
  constructor(private readonly scenarios: ScenariosService) {}

  @Post('realtime/custom-scenario')
  @RateLimit('scenarios')
  @ApiOperation({ summary: 'Describes an agent of your own', description: 'At most 20 a user.' })
  @ApiCreatedResponse({ type: ScenarioCreatedDto })
  @ApiUserProblems([400, 'An unknown voice type, or 20 scenarios are there already'], 422)
  create(@CurrentOwner() owner: Owner, @Body() fields: CreateScenarioDto): Promise<ScenarioCreatedDto> {
    return this.scenarios.create(owner, fields).then(toScenarioCreatedDto);
  }

  @Get('custom-scenarios')
  @ApiOperation({ summary: 'Your own scenarios, newest first' })
  @ApiOkResponse({ type: [CustomScenarioDto] })
  @ApiUserProblems()
  list(@CurrentOwner() owner: Owner): Promise<CustomScenarioDto[]> {
    return this.scenarios.list(owner).then((all) => all.map(toCustomScenarioDto));
  }

  @Get('custom-scenarios/:scenario_id')
  @ApiOperation({ summary: 'One of your own scenarios' })
  @ApiOkResponse({ type: CustomScenarioDto })
  @ApiUserProblems(404)
  get(@CurrentOwner() owner: Owner, @Param('scenario_id') scenarioId: string): Promise<CustomScenarioDto> {
    return this.scenarios.get(owner, scenarioId).then(toCustomScenarioDto);
  }

  @Put('custom-scenarios/:scenario_id')
  @ApiOperation({ summary: 'Changes the fields that are given', description: 'Calls under way keep the old ones.' })
  @ApiOkResponse({ type: CustomScenarioDto })
  @ApiUserProblems([400, 'An unknown voice type'], 404, 422)
  update(
    @CurrentOwner() owner: Owner,
    @Param('scenario_id') scenarioId: string,
    @Body() fields: UpdateScenarioDto,
  ): Promise<CustomScenarioDto> {
    return this.scenarios.update(owner, scenarioId, fields).then(toCustomScenarioDto);
  }

  @Delete('custom-scenarios/:scenario_id')
  @ApiOperation({ summary: 'Deletes one of your own scenarios' })
  @ApiOkResponse({ type: MessageDto })
  @ApiUserProblems(404)
  async delete(@CurrentOwner() owner: Owner, @Param('scenario_id') scenarioId: string): Promise<MessageDto> {
    await this.scenarios.delete(owner, scenarioId);
    return { message: 'Custom scenario deleted successfully' };
  }

  @Get('scenarios')
  @ApiOperation({ summary: 'The built-in scenarios' })
  @ApiOkResponse({ type: [BuiltInScenarioDto] })
  @ApiUserProblems()
  builtIn(): BuiltInScenarioDto[] {
    return [...BUILT_IN_SCENARIOS.values()].map(toBuiltInScenarioDto);
  }

  @Get('voices')
  @ApiOperation({ summary: 'The voices a scenario can have' })
  @ApiOkResponse({ type: [VoiceDto] })
  @ApiUserProblems()
  voices(): VoiceDto[] {
    return allVoices();
  }
}
