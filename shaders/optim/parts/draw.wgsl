// The random words of a step: others for each tensor and for each of its roles, so that what is rounded there is independent.

const PARAM_ROLE = 0u;
const M_ROLE = 1u;
const V_ROLE = 2u;

fn draw(at: Place, role: u32) -> vec4u {
  return randomBits(at.general.seed, 3u * at.tensor + role, at.index);
}
