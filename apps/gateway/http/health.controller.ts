import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from './person.guard.ts';
import { READINESS, type Readiness } from './ports.ts';

@Controller('-')
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  /** Liveness: the process answers. */
  @Get('healthz')
  @Public()
  healthz(): string {
    return 'ok';
  }

  /** Readiness: 200 when requests would be served, 503 with the reasons otherwise. */
  @Get('readyz')
  @Public()
  readyz(@Res() response: Response): void {
    const { ready, reasons } = this.readiness();
    response
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ok' : reasons.join('\n'));
  }
}
