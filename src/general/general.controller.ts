import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiWithoutDatabase } from '../common/openapi.decorators';
import { Public } from '../common/public.decorator';
import { RateLimit } from '../common/rate-limit.decorator';
import { AboutDto, HealthDto, LivenessDto } from './dto/health.dto';
import { HealthService } from './health.service';
import { PRODUCT_VERSION } from './product-version';

/** What anybody may know. Not rate limited: orchestrators and load balancers ask often, from one address. */
@ApiTags('general')
@Public()
@RateLimit('none')
@ApiWithoutDatabase()
@Controller()
export class GeneralController {
  constructor(private readonly health: HealthService) {}

  @Get()
  @ApiOperation({ summary: 'What this API is' })
  @ApiOkResponse({ type: AboutDto })
  about(): AboutDto {
    return {
      name: 'Speech Assistant',
      description: 'AI voice agents on the phone and in the browser, each owned by its user.',
      version: PRODUCT_VERSION,
      documentation: '/docs',
      reference: '/redoc',
      openapi: '/openapi.json',
      health: '/health',
    };
  }

  @Get('health')
  @ApiOperation({
    summary: 'How the server is',
    description: 'Answers 200 also when degraded; `/health/ready` decides.',
  })
  @ApiOkResponse({ type: HealthDto })
  report(): Promise<HealthDto> {
    return this.health.report();
  }

  @Get('health/live')
  @ApiOperation({ summary: 'Whether the process runs' })
  @ApiOkResponse({ type: LivenessDto })
  live(): LivenessDto {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'Whether the server takes requests' })
  @ApiOkResponse({ type: HealthDto })
  @ApiServiceUnavailableResponse({
    type: HealthDto,
    description: 'The database is down, the server is stopping, or its event loop has been too slow for a minute',
  })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthDto> {
    const report = await this.health.report();
    if (!this.health.isReady(report)) reply.status(HttpStatus.SERVICE_UNAVAILABLE);
    return report;
  }
}
