import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
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
import {
  CreateWebhookDto,
  DeliveryDto,
  ListDeliveriesQueryDto,
  ListWebhooksQueryDto,
  RotateSecretDto,
  toDeliveryDto,
  toWebhookChanges,
  toWebhookDto,
  toWebhookFields,
  toWebhookWithSecretDto,
  toWholeDeliveryDto,
  UpdateWebhookDto,
  WebhookDto,
  WebhookWithSecretDto,
  WholeDeliveryDto,
} from './dto/webhooks.dto';
import { WebhookDeliveries } from './webhook-deliveries.service';
import {
  DeliveryErased,
  DeliveryNotFound,
  InsecureTarget,
  PrivateTarget,
  RotatedLately,
  TooManyWebhooks,
  WebhookBusy,
  WebhookInactive,
  WebhookNotFound,
} from './webhooks.errors';
import { MAX_WEBHOOKS, Webhooks } from './webhooks.service';

const ID = {
  name: 'id',
  description: 'The id of a webhook',
  schema: { type: 'integer', minimum: 1, example: 1 },
} as const;
const DELIVERY_ID = {
  name: 'delivery_id',
  description: 'The id of a delivery, which is its `webhook-id`',
  schema: { type: 'string', format: 'uuid', example: '0b6f3c1e-7a52-4f57-9c0e-2f6f0f0f6a11' },
} as const;

@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: Webhooks,
    private readonly deliveries: WebhookDeliveries,
  ) {}

  @Post()
  @ApiOperation({
    summary: 'Has events sent to a system of yours',
    description:
      'Signed by the Standard Webhooks specification (standardwebhooks.com), and tried again for two days where it is not received. The secret that signs is told in this answer, and never again.',
  })
  @ApiCreatedResponse({ type: WebhookWithSecretDto })
  @ApiProblems([
    400,
    'Too many, or an address that nothing is sent to',
    new TooManyWebhooks(MAX_WEBHOOKS),
    new PrivateTarget(),
    new InsecureTarget(),
  ])
  create(@CurrentOwner() owner: Owner, @Body() body: CreateWebhookDto): Promise<WebhookWithSecretDto> {
    return this.webhooks.create(owner, toWebhookFields(body)).then(toWebhookWithSecretDto);
  }

  @Get()
  @ApiOperation({ summary: 'Your webhooks' })
  @ApiPage(WebhookDto)
  @ApiProblems()
  async list(
    @CurrentOwner() owner: Owner,
    @Query() query: ListWebhooksQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookDto[]> {
    return sendPage(reply, await this.webhooks.list(owner, query), toWebhookDto);
  }

  @Get(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'A webhook' })
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems(new WebhookNotFound())
  get(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<WebhookDto> {
    return this.webhooks.get(owner, id).then(toWebhookDto);
  }

  @Put(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Changes a webhook', description: 'What is left out stays.' })
  @ApiOkResponse({ type: WebhookDto })
  @ApiProblems(
    [400, 'An address that nothing is sent to', new PrivateTarget(), new InsecureTarget()],
    new WebhookNotFound(),
  )
  update(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Body() body: UpdateWebhookDto,
  ): Promise<WebhookDto> {
    return this.webhooks.update(owner, id, toWebhookChanges(body)).then(toWebhookDto);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Removes a webhook, with what was not sent yet and the log' })
  @ApiNoContentResponse({ description: 'Removed' })
  @ApiProblems(new WebhookNotFound())
  delete(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<void> {
    return this.webhooks.delete(owner, id);
  }

  @Post(':id/rotate-secret')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({
    summary: 'Gives a new secret',
    description:
      'The one of before signs beside it for 24 hours: two signatures in the header, either of which is good. Until those are over there is no other; `revoke_previous` has only the new one sign.',
  })
  @ApiOkResponse({ type: WebhookWithSecretDto })
  @ApiProblems(new WebhookNotFound(), new RotatedLately(new Date('2026-12-02T10:00:00Z')))
  rotateSecret(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Body() { revoke_previous: isRevoked }: RotateSecretDto,
  ): Promise<WebhookWithSecretDto> {
    return this.webhooks.rotateSecret(owner, id, { isRevoked }).then(toWebhookWithSecretDto);
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({
    summary: 'Sends a test, and says what came of it',
    description:
      'An event `webhook.test`, at once and once, also where the webhook is switched off. Takes 15 seconds at most.',
  })
  @ApiOkResponse({ type: WholeDeliveryDto })
  @ApiProblems(new WebhookNotFound(), new WebhookBusy())
  test(@CurrentOwner() owner: Owner, @Param('id', RowIdPipe) id: number): Promise<WholeDeliveryDto> {
    return this.deliveries.test(owner, id).then(toWholeDeliveryDto);
  }

  @Get(':id/deliveries')
  @ApiParam(ID)
  @ApiOperation({ summary: 'What was sent, and what came of it; newest first' })
  @ApiPage(DeliveryDto)
  @ApiProblems(new WebhookNotFound())
  async listDeliveries(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Query() query: ListDeliveriesQueryDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DeliveryDto[]> {
    return sendPage(reply, await this.deliveries.list(owner, id, query), toDeliveryDto);
  }

  @Get(':id/deliveries/:delivery_id')
  @ApiParam(ID)
  @ApiParam(DELIVERY_ID)
  @ApiOperation({ summary: 'A delivery, with what was sent' })
  @ApiOkResponse({ type: WholeDeliveryDto })
  @ApiProblems([404, 'Not there', new WebhookNotFound(), new DeliveryNotFound()])
  getDelivery(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Param('delivery_id') deliveryId: string,
  ): Promise<WholeDeliveryDto> {
    return this.deliveries.get(owner, id, deliveryId).then(toWholeDeliveryDto);
  }

  @Post(':id/deliveries/:delivery_id/redeliver')
  @HttpCode(202)
  @ApiParam(ID)
  @ApiParam(DELIVERY_ID)
  @ApiOperation({
    summary: 'Sends the same once more',
    description: 'With the same `webhook-id` and body, and tried again like any other.',
  })
  @ApiAcceptedResponse({ type: DeliveryDto })
  @ApiProblems(
    [404, 'Not there', new WebhookNotFound(), new DeliveryNotFound()],
    [409, 'It cannot be sent now', new WebhookInactive(), new DeliveryErased()],
  )
  redeliver(
    @CurrentOwner() owner: Owner,
    @Param('id', RowIdPipe) id: number,
    @Param('delivery_id') deliveryId: string,
  ): Promise<DeliveryDto> {
    return this.deliveries.redeliver(owner, id, deliveryId).then(toDeliveryDto);
  }
}
