/** What a predictor said of many programs, against what is true of them. */
export class Score {
  #found = 0;
  #missed = 0;
  #falseAlarms = 0;
  #clean = 0;

  /** @param {boolean} isReported @param {boolean} isReachable */
  count(isReported, isReachable) {
    if (isReachable && isReported) this.#found++;
    else if (isReachable) this.#missed++;
    else if (isReported) this.#falseAlarms++;
    else this.#clean++;
  }

  /** Shares of nothing are `null`. */
  toJSON() {
    const share = (/** @type {number} */ part, /** @type {number} */ rest) =>
      part + rest === 0 ? null : part / (part + rest);
    return {
      recall: share(this.#found, this.#missed),
      precision: share(this.#found, this.#falseAlarms),
      found: this.#found,
      missed: this.#missed,
      falseAlarms: this.#falseAlarms,
      clean: this.#clean,
    };
  }
}
