/**
 * Lets test files import this package and the engine where they are not installed beside them, as when `skill` is
 * installed for the whole machine: whoever runs them has both.
 */
import { registerHooks } from 'node:module';

const own = /^@skill-engine\/(?:testing|engine)(?:\/|$)/;

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!own.test(specifier)) throw error;
      return { url: import.meta.resolve(specifier), format: 'module', shortCircuit: true };
    }
  },
});
