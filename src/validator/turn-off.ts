/** Imported before all else by the build that is off. */
import { build } from './build.ts';

build.isOff = true;
