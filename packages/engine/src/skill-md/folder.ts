/** The files of one skill, by paths within its folder: of a directory, or of an installed package. */
export interface SkillFolder {
  /** Its own name, which `name` of its SKILL.md must be. */
  readonly name: string;
  /** For messages: where the operator finds it. */
  readonly where: string;
  /**
   * @throws SkillError RESOURCE_NOT_FOUND; RESOURCE_REFUSED for what is no regular file, for links, and beyond `bytes`
   */
  read(path: readonly string[], bytes: number): Uint8Array;
  /** Paths of its files, `/` between the parts, without hidden ones and links; sorted, at most `count`. */
  list(count: number): readonly string[];
}
