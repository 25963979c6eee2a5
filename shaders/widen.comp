#version 450
// y = 16-bit floats as 32-bit ones, two of them a word. Written by bits: a device may flush what is below the smallest normal float,
// which such a value can be.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // the elements are a multiple of eight
layout(constant_id = 1) const bool BFLOAT16 = true;
INPUT(0, words) // their bits as floats, to be read in quads; nothing is computed with them as such
layout(set = 0, binding = 1, std430) writeonly buffer Floats { uint y[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Quads { uvec4 y4[]; };
layout(push_constant) uniform Constants { uint n; };

uint widened(uint half_bits) {
    if (BFLOAT16) {
        return half_bits << 16;
    }
    uint sign = (half_bits & 0x8000u) << 16;
    uint exponent = (half_bits >> 10) & 31u;
    uint fraction = half_bits & 0x3FFu;
    if (exponent == 0) {
        return sign | floatBitsToUint(float(fraction) * 5.9604644775390625e-8); // 2^-24: a subnormal is a normal float
    }
    return sign | (exponent == 31 ? 0x7F800000u : (exponent + 112) << 23) | (fraction << 13);
}

uvec2 widened_pair(uint word) {
    return uvec2(widened(word & 0xFFFFu), widened(word >> 16));
}

void main() {
    uint eight = invocation_index();
    if (eight * 8 >= n) {
        return;
    }
    if (ALIGNED) {
        uvec4 quad = floatBitsToUint(QUAD(words, eight));
        y4[eight * 2] = uvec4(widened_pair(quad.x), widened_pair(quad.y));
        y4[eight * 2 + 1] = uvec4(widened_pair(quad.z), widened_pair(quad.w));
        return;
    }
    [[unroll]] for (uint i = 0; i < 8; i += 2) {
        uint at = eight * 8 + i;
        if (at < n) {
            uvec2 pair = widened_pair(floatBitsToUint(ELEMENT(words, at / 2)));
            y[at] = pair.x;
            if (at + 1 < n) { y[at + 1] = pair.y; }
        }
    }
}
