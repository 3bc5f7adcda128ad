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
import { InvalidPhoneNumber } from '../calls/calls.errors';
import { ApiPage, ApiProblems } from '../common/openapi.decorators';
import { CurrentOwner, Owner } from '../common/owner';
import { sendPage } from '../common/paging';
import { RowIdPipe } from '../common/row-id.pipe';
import { CustomerIdTaken, CustomerNotFound } from './customers.errors';
import { Customers } from './customers.service';
import {
  CreateCustomerDto,
  CustomerDto,
  ListCustomersQueryDto,
  toCustomerChanges,
  toCustomerDto,
  toCustomerFilter,
  toNewCustomer,
  UpdateCustomerDto,
} from './dto/customers.dto';

const ID = {
  name: 'id',
  description: 'The id of a customer of yours',
  schema: { type: 'integer', minimum: 1, example: 1 },
};

@ApiTags('customers')
@ApiBearerAuth()
@Controller('customers')
export class CustomersController {
  constructor(private readonly customers: Customers) {}

  @Post()
  @ApiOperation({ summary: 'Makes a customer' })
  @ApiCreatedResponse({ type: CustomerDto })
  @ApiProblems([400, 'Not a phone number', new InvalidPhoneNumber()], new CustomerIdTaken())
  create(@CurrentOwner() owner: Owner, @Body() body: CreateCustomerDto): Promise<CustomerDto> {
    return this.customers.create(owner, toNewCustomer(body)).then(toCustomerDto);
  }

  @Get()
  @ApiOperation({ summary: 'Your customers, newest first' })
  @ApiPage(CustomerDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListCustomersQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CustomerDto[]> {
    return sendPage(reply, await this.customers.list(owner, toCustomerFilter(query)), toCustomerDto);
  }

  @Get(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'One of them' })
  @ApiOkResponse({ type: CustomerDto })
  @ApiProblems(new CustomerNotFound())
  get(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<CustomerDto> {
    return this.customers.get(owner, id).then(toCustomerDto);
  }

  @Put(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Changes a customer', description: 'What is left out stays.' })
  @ApiOkResponse({ type: CustomerDto })
  @ApiProblems([400, 'Not a phone number', new InvalidPhoneNumber()], new CustomerNotFound(), new CustomerIdTaken())
  update(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateCustomerDto,
  ): Promise<CustomerDto> {
    return this.customers.update(owner, id, toCustomerChanges(body)).then(toCustomerDto);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Deletes a customer', description: 'Conversations stay, under their key.' })
  @ApiNoContentResponse({ description: 'Deleted' })
  @ApiProblems(new CustomerNotFound())
  delete(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<void> {
    return this.customers.delete(owner, id);
  }
}
