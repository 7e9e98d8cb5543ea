import { expect, test } from 'vitest';
import { defaultSize, isGraspable, positionBeside } from '../../main/desktop/window-bounds.ts';

const area = { x: 0, y: 24, width: 1440, height: 876 };

test('it opens below an icon at the top, above one at the bottom, and never leaves the screen', () => {
  const icon = { x: 1000, y: 0, width: 24, height: 24 };
  expect(positionBeside(icon, defaultSize, area)).toEqual({ x: 792, y: 32 });
  expect(positionBeside({ ...icon, y: 876 }, defaultSize, area)).toEqual({ x: 792, y: 188 });
  expect(positionBeside({ ...icon, x: 1430 }, defaultSize, area)).toEqual({ x: 1000, y: 32 });
  expect(positionBeside({ ...icon, x: -10 }, defaultSize, area)).toEqual({ x: 0, y: 32 });
  // A second screen to the left has negative positions; one that is too small shows the top left corner.
  const left = { x: -1024, y: 0, width: 1024, height: 600 };
  expect(positionBeside({ ...icon, x: -30 }, defaultSize, left)).toEqual({ x: -440, y: 0 });
});

test.each([
  [{ x: 10, y: 24 }, true],
  [{ x: -340, y: 24 }, true],
  [{ x: -341, y: 24 }, false],
  [{ x: 1341, y: 24 }, false],
  [{ x: 10, y: 0 }, false],
  [{ x: 10, y: 861 }, false],
  [{ x: 5000, y: 100 }, false],
])('whether a person can grasp a window at %o: %s', (at, can) => {
  expect(isGraspable({ ...defaultSize, ...at }, area)).toBe(can);
});
