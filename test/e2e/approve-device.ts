import type { Page } from 'playwright-core';
import type { GatewayView } from './world.ts';

/** Types the code as a person would, who is logged in, and answers. */
export async function answerDevice(
  page: Page,
  gateway: GatewayView,
  code: string,
  answer: 'Give access' | 'Refuse',
  shots?: string,
): Promise<string> {
  await page.goto(`${gateway.url}/-/device?user_code=${code}`);
  await page.getByLabel('Code', { exact: true }).waitFor();
  if (shots) await page.screenshot({ path: `${shots}-typed.png`, fullPage: true });
  await page.getByLabel('Code', { exact: true }).fill(code.toLowerCase());
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('button', { name: answer }).waitFor();
  const shown = await page.getByRole('region', { name: 'Who asks' }).innerText();
  if (shots) await page.screenshot({ path: `${shots}-asked.png`, fullPage: true });
  await page.getByRole('button', { name: answer }).click();
  await page.getByRole('status').waitFor();
  if (shots) await page.screenshot({ path: `${shots}-answered.png`, fullPage: true });
  return shown;
}
