'use strict';
/* Numbers that follow from a seed: the same run can be had again, as far as
 * the machine's own timing allows. */

/* The seed of one of many that are drawn from the same (FNV-1a). */
function
derive(seed, name)
{
	let hash = 2166136261 ^ seed;

	for (const char of name)
		hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
	return hash >>> 0;
}

/* Marsaglia's xorshift, 32 bits. */
class Random {
	constructor(seed, name = '') {
		this.state = derive(seed, name) || 1;
		/* neighbouring seeds begin alike */
		for (let i = 0; i < 16; i++)
			this.unit();
	}

	/* From 0 to below 1. */
	unit() {
		let x = this.state;

		x ^= x << 13;
		x ^= x >>> 17;
		x ^= x << 5;
		this.state = x >>> 0;
		return this.state / 2 ** 32;
	}

	/* An integer from low to high, both included. */
	between(low, high) {
		return low + Math.floor(this.unit() * (high - low + 1));
	}

	/* The same, small ones more often. */
	skewed(low, high) {
		return low + Math.floor((this.unit() ** 3) * (high - low + 1));
	}

	chance(probability) {
		return this.unit() < probability;
	}

	pick(array) {
		return array[this.between(0, array.length - 1)];
	}

	/* A name of { name: weight }. */
	weighted(weights) {
		const entries = Object.entries(weights);
		let left = this.unit() *
		    entries.reduce((sum, [, weight]) => sum + weight, 0);

		for (const [name, weight] of entries) {
			left -= weight;
			if (left < 0)
				return name;
		}
		return entries.at(-1)[0];
	}
}

module.exports = { Random };
