import { expect, test } from 'vitest';
import { HealthController } from './health.controller.ts';

/** What a response of Express would send. */
function answerOf(act: (response: never) => void): [number, string] {
  const sent = { code: 0, text: '' };
  const response = {
    status: (code: number) => ((sent.code = code), response),
    type: () => response,
    send: (text: string) => (sent.text = text),
  };
  act(response as never);
  return [sent.code, sent.text];
}

test('liveness fails once only a new process can help, whatever readiness says', () => {
  let isAlive = true;
  const controller = new HealthController(
    () => isAlive,
    () => ({ ready: false, reasons: ['the audit log cannot be written'] }),
  );
  expect(answerOf((response) => controller.healthz(response))).toEqual([200, 'ok']);
  isAlive = false;
  expect(answerOf((response) => controller.healthz(response))).toEqual([503, 'the database thread ended']);
});
