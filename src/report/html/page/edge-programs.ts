/** How edges are drawn: straight, bent, and bent with dashes for what is handed over. */
import { createEdgeCurveProgram } from '@sigma/edge-curve';
import { type EdgeProgramType, type ProgramDefinition, createEdgeArrowProgram } from 'sigma/rendering';

const HEAD = { lengthToThicknessRatio: 5, widenessToThicknessRatio: 3.4 };
const BentProgram = createEdgeCurveProgram({ arrowHead: { ...HEAD, extremity: 'target' } });

/** The line of the shader after which it knows how thick the edge is here. */
const THICKNESS = 'float halfThickness = thickness / 2.0;';
/** Gaps along the chord, but not in the head, nor where the mouse is sought. */
const DASHES = `
  #ifndef PICKING_MODE
  float along = dot(gl_FragCoord.xy - v_cpA, normalize(v_cpC - v_cpA));
  float period = 4.5 * v_thickness + 6.0;
  if (distToTarget > targetArrowLength && mod(along, period) > 0.55 * period) thickness = 0.0;
  #endif
  ${THICKNESS}`;

/** The package's type leaves out what its class inherits. */
interface Defining {
  getDefinition(): ProgramDefinition;
}
const Bent = BentProgram as unknown as new (...args: unknown[]) => Defining;

class DashedProgram extends Bent {
  override getDefinition(): ProgramDefinition {
    const definition = super.getDefinition();
    const source = definition.FRAGMENT_SHADER_SOURCE;
    if (!source.includes(THICKNESS))
      throw new Error('Expected the shader of bent edges to have a thickness.');
    return { ...definition, FRAGMENT_SHADER_SOURCE: source.replace(THICKNESS, DASHES) };
  }
}

export const EDGE_PROGRAMS: Record<string, EdgeProgramType> = {
  straight: createEdgeArrowProgram(HEAD),
  bent: BentProgram,
  dashed: DashedProgram as unknown as EdgeProgramType,
};
