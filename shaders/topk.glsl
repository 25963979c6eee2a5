// Exact top-k by magnitude, by radix selection: the bits of |c| are ordered as |c| is, so the k-th largest is found by
// three histograms of 11, 10 and 10 bits, each over the elements that agree with the bits found so far.
#include "common.glsl"
#include "quads.glsl"

const uint BINS = 2048;

INPUT(0, c)

// Four neighbours; zeros from the place `left` on.
vec4 elements(bool aligned, uint quad, uint left) {
    if (aligned) { return QUAD(c, quad); }
    vec4 value = vec4(0);
    [[unroll]] for (uint i = 0; i < 4; i++) { if (i < left) { value[i] = ELEMENT(c, quad * 4 + i); } }
    return value;
}

uvec4 magnitude_bits(vec4 value) {
    return floatBitsToUint(value) & 0x7FFFFFFFu;
}
