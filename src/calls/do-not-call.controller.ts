import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RowIdPipe } from '../common/row-id.pipe';
import { DoNotCallEntryNotFound, InvalidPhoneNumber } from './calls.errors';
import { DoNotCallService } from './do-not-call.service';
import { AddDoNotCallDto, DoNotCallEntryDto, ListDoNotCallQueryDto, toDoNotCallEntryDto } from './dto/do-not-call.dto';

@ApiTags('calls')
@ApiBearerAuth()
@Controller('do-not-call')
export class DoNotCallController {
  constructor(private readonly doNotCall: DoNotCallService) {}

  @Post()
  @ApiOperation({
    summary: 'Never call this number again',
    description: 'The number is kept as a keyed hash. One that is on the list already stays, with the new reason.',
  })
  @ApiCreatedResponse({ type: DoNotCallEntryDto })
  @ApiProblems([400, 'Not a phone number', new InvalidPhoneNumber()])
  add(@CurrentOwner() owner: Owner, @Body() body: AddDoNotCallDto): Promise<DoNotCallEntryDto> {
    return this.doNotCall.add(owner, body.phone_number, body.reason).then(toDoNotCallEntryDto);
  }

  @Get()
  @ApiOperation({ summary: 'Your do-not-call list, newest first' })
  @ApiPage(DoNotCallEntryDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListDoNotCallQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DoNotCallEntryDto[]> {
    return sendPage(reply, await this.doNotCall.list(owner, query), toDoNotCallEntryDto);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', description: 'The id of an entry', schema: { type: 'integer', minimum: 1, example: 1 } })
  @ApiOperation({ summary: 'Takes a number off the list' })
  @ApiNoContentResponse({ description: 'Taken off' })
  @ApiProblems(new DoNotCallEntryNotFound())
  remove(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<void> {
    return this.doNotCall.remove(owner, id);
  }
}
