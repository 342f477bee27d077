import { createBlocks } from './blocks.ts';
import type { FindingContext } from './context.ts';
import { formatFix } from './fixes.ts';
import { formatFlows, formatSameHang } from './flows.ts';
import type { Block } from './layout.ts';
import { listLegend } from './markers.ts';
import { formatJoint } from './origins.ts';
import { formatWayOut } from './participants.ts';
import { type Site, parseSite } from './site.ts';

/** What every format tells of a finding below its message. Names in it are escaped for a terminal, places are not. */
export interface Outline {
  /** One for each arrow, or one for the place of a finding without arrows. */
  blocks: Block[];
  /** What the marks mean and what it takes to hang, a sentence each. */
  prose: string[];
  fix: string | undefined;
}

export function outlineFinding(context: FindingContext): Outline {
  return {
    blocks: createBlocks(context),
    prose: [
      ...listLegend(context),
      formatWayOut(context.finding),
      formatJoint(context),
      formatFlows(context),
      formatSameHang(context),
    ].filter((line) => line !== undefined),
    fix: formatFix(context),
  };
}

/** Finds the first place of an outline: where a format that knows one place a finding shows it. */
export function findMainSite({ blocks }: Outline): Site | undefined {
  for (const { rows } of blocks) {
    for (const { site } of rows) {
      const parsed = parseSite(site);
      if (parsed !== undefined) return parsed;
    }
  }
  return undefined;
}
