import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RowIdPipe } from '../common/row-id.pipe';
import { CustomScenarioNotFound, InvalidScenario } from '../scenarios/scenarios.errors';
import {
  CarrierTrouble,
  InvalidPhoneNumber,
  NotOurNumber,
  NumberNotClaimable,
  PhoneNumberNotFound,
  PhoneNumberTaken,
} from './calls.errors';
import {
  ClaimNumberDto,
  ListNumbersQueryDto,
  PhoneNumberDto,
  toNewNumber,
  toPhoneNumberDto,
  toVerifiedNumberDto,
  UpdateNumberDto,
  VerifiedNumberDto,
  VerifyNumberQueryDto,
} from './dto/phone-numbers.dto';
import { PhoneNumbers } from './phone-numbers.service';

const ID = {
  name: 'id',
  description: 'The id of a number',
  schema: { type: 'integer', minimum: 1, example: 1 },
} as const;
const NOT_ASKED = new CarrierTrouble('Twilio could not be asked about this number. Please try again.', null);

@ApiTags('calls')
@ApiBearerAuth()
@Controller('phone-numbers')
export class PhoneNumbersController {
  constructor(private readonly numbers: PhoneNumbers) {}

  @Post()
  @ApiOperation({
    summary: 'Claims one of the platform’s numbers, and says what answers it',
    description:
      'The number is looked up in the platform’s Twilio account, and Twilio is told to ask this server about its calls and texts; what kept it from that stands in `problem`.',
  })
  @ApiCreatedResponse({ type: PhoneNumberDto })
  @ApiProblems(
    [
      400,
      'No number of the platform, or no scenario',
      new InvalidPhoneNumber(),
      new NotOurNumber(),
      new InvalidScenario(),
    ],
    [403, 'It is none that users may claim', new NumberNotClaimable()],
    [404, 'The custom scenario is not there', new CustomScenarioNotFound()],
    [409, 'Somebody has it', new PhoneNumberTaken()],
    [502, 'Twilio could not be asked', NOT_ASKED],
  )
  claim(@CurrentOwner() owner: Owner, @Body() body: ClaimNumberDto): Promise<PhoneNumberDto> {
    return this.numbers.claim(owner, toNewNumber(body)).then(toPhoneNumberDto);
  }

  @Get()
  @ApiOperation({ summary: 'Your numbers' })
  @ApiPage(PhoneNumberDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListNumbersQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PhoneNumberDto[]> {
    return sendPage(reply, await this.numbers.list(owner, query), toPhoneNumberDto);
  }

  @Put(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Says that something else answers it', description: 'What is left out stays.' })
  @ApiOkResponse({ type: PhoneNumberDto })
  @ApiProblems(
    [400, 'No scenario', new InvalidScenario()],
    [404, 'Not there', new PhoneNumberNotFound(), new CustomScenarioNotFound()],
  )
  update(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateNumberDto,
  ): Promise<PhoneNumberDto> {
    return this.numbers.update(owner, id, body).then(toPhoneNumberDto);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Gives a number back: it runs the demo then' })
  @ApiNoContentResponse({ description: 'Given back' })
  @ApiProblems(new PhoneNumberNotFound())
  release(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<void> {
    return this.numbers.release(owner, id);
  }

  @Post(':id/verify')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({ summary: 'What keeps a number from being answered, in words' })
  @ApiOkResponse({ type: VerifiedNumberDto })
  @ApiProblems(new PhoneNumberNotFound(), [502, 'Twilio could not be asked', NOT_ASKED])
  verify(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Query() { repair }: VerifyNumberQueryDto,
  ): Promise<VerifiedNumberDto> {
    return this.numbers.verify(owner, id, repair === 'true').then(toVerifiedNumberDto);
  }
}
