import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Public } from './person.guard.ts';
import { ALIVE, READINESS, type Alive, type Readiness } from './ports.ts';

@Controller('-')
export class HealthController {
  constructor(
    @Inject(ALIVE) private readonly alive: Alive,
    @Inject(READINESS) private readonly readiness: Readiness,
  ) {}

  /** Liveness: 200 while the process responds and can go on; 503 when it must be started again. */
  @Get('healthz')
  @Public()
  healthz(@Res() response: Response): void {
    const alive = this.alive();
    response
      .status(alive ? 200 : 503)
      .type('text/plain')
      .send(alive ? 'ok' : 'the database thread ended');
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
