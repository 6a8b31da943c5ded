/** Lambda's advanced logging controls: the chosen level and all more severe ones pass; an unknown level counts as INFO. */

const APPLICATION_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;
const SYSTEM_LEVELS = ["DEBUG", "INFO", "WARN"] as const;

const RANKS: ReadonlyMap<string, number> = new Map(APPLICATION_LEVELS.map((level, rank) => [level, rank]));

export type ApplicationLevel = (typeof APPLICATION_LEVELS)[number];
export type SystemLevel = (typeof SYSTEM_LEVELS)[number];

/** `level` in any case. */
export function passesApplicationLevel(level: string, chosen: ApplicationLevel): boolean {
  const rank = RANKS.get(level.toUpperCase()) ?? APPLICATION_LEVELS.indexOf("INFO");
  return rank >= APPLICATION_LEVELS.indexOf(chosen);
}

export function passesSystemLevel(level: SystemLevel, chosen: SystemLevel): boolean {
  return SYSTEM_LEVELS.indexOf(level) >= SYSTEM_LEVELS.indexOf(chosen);
}
