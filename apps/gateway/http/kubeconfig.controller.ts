import { Controller, Get, Header, HttpCode, Inject, Post, Query, Req, UseGuards } from '@nestjs/common';
import type { Request } from 'express';
import type { Identity } from '#model';
import type { Kubeconfigs } from '../me/kubeconfig/create-kubeconfigs.ts';
import { JsonBodyGuard } from './json-body.guard.ts';
import { Person } from './person.guard.ts';
import { KUBECONFIGS, RECORD_ACT, START_ACT, type RecordAct, type StartAct } from './ports.ts';
import { recordRefusal } from './record-refusal.ts';

const YAML = 'application/yaml; charset=utf-8';
const AS_FILE = 'attachment; filename="gatehouse.kubeconfig"';

/** A kubeconfig for all clusters of the person. */
@Controller('-/me/kubeconfig')
@UseGuards(JsonBodyGuard)
export class KubeconfigController {
  constructor(
    @Inject(KUBECONFIGS) private readonly kubeconfigs: Kubeconfigs,
    @Inject(START_ACT) private readonly start: StartAct,
    @Inject(RECORD_ACT) private readonly record: RecordAct,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', YAML)
  @Header('Content-Disposition', AS_FILE)
  read(@Person() person: Identity, @Query() query: Record<string, unknown>, @Req() request: Request): Promise<string> {
    // Only of somebody who was let in by it: a session's request has none that counts.
    const bearer =
      person.credential.kind === 'session'
        ? undefined
        : /^bearer +(\S+)/i.exec(request.headers.authorization ?? '')?.[1];
    return this.kubeconfigs.read(person, query, bearer);
  }

  /** With a short-lived token made for it. */
  @Post()
  @HttpCode(201)
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', YAML)
  @Header('Content-Disposition', AS_FILE)
  async create(@Person() identity: Identity, @Req() request: Request): Promise<string> {
    const act = { request, verb: 'create', resource: 'accesstokens', identity };
    await this.start(act);
    const made = await recordRefusal(this.record, act, this.kubeconfigs.create(identity));
    const reason = `made for a kubeconfig, until ${new Date(made.expiresAtMs).toISOString()}`;
    this.record({ ...act, name: made.tokenId, statusCode: 201, outcome: 'allow', reason });
    return made.text;
  }
}
