import type { LoopbackAnswer } from './loopback-server.ts';
import type { Fault } from './traffic.ts';

/** Acts out the fault `repeat`: names the same next page in every page of a list. `fields` are the API's own. */
export function repeatPage(
  answer: LoopbackAnswer,
  fault: Fault['does'] | undefined,
  fields: Readonly<Record<string, string>>,
): LoopbackAnswer {
  if (fault?.kind !== 'repeat' || answer.kind !== 'answer' || answer.statusCode !== 200) return answer;
  return { ...answer, body: JSON.stringify({ ...JSON.parse(String(answer.body)), ...fields }) };
}
