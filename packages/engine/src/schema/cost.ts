/**
 * Fuel for validation. A schema and parameters can be small and still cost exponential time together
 * (`allOf` of two references to an `allOf` of two references to …); each step is paid here instead of timed,
 * so that the same call is refused on every machine.
 */
export class CostMeter {
  #left = 0;

  refill(units: number): void {
    this.#left = units;
  }

  /** @throws CostExceeded */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new CostExceeded();
  }

  /**
   * Pays for the evaluation of one subschema against one value.
   *
   * @param weight 1 and the number of names and branches in the subschema itself
   */
  readonly visit = (value: unknown, weight: number): void => {
    let units = weight;
    if (typeof value === 'string') units += value.length >> 4;
    else if (Array.isArray(value)) units += value.length >> 2;
    else if (typeof value === 'object' && value !== null) units += Object.keys(value).length;
    this.spend(units);
  };
}

export class CostExceeded extends Error {}
