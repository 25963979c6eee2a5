// Exact top-k by magnitude, by radix selection: the bits of |c| are ordered as |c| is, so the k-th largest is found by
// three histograms of 11, 10 and 10 bits, each over the elements that agree with the bits found so far.
#include "common.glsl"

const uint BINS = 2048;

layout(set = 0, binding = 0, std430) readonly buffer C { float c[]; };
layout(set = 0, binding = 0, std430) readonly buffer C4 { vec4 c4[]; };

// The bits of four neighbouring magnitudes; only the first `left` of them exist.
uvec4 magnitudes(uint quad, uint left) {
    vec4 value = vec4(0);
    if (left > 3) {
        value = c4[quad];
    } else {
        if (left > 0) { value.x = c[quad * 4]; }
        if (left > 1) { value.y = c[quad * 4 + 1]; }
        if (left > 2) { value.z = c[quad * 4 + 2]; }
    }
    return floatBitsToUint(value) & 0x7FFFFFFFu;
}
