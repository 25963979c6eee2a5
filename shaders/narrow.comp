#version 450
// 32-bit floats rounded to IEEE 754's 16-bit ones, two of them a word; ties to even. By bits, for GLSL leaves the rounding of its
// own packing to the driver.
#include "elementwise.glsl"
INPUT(0, x)
LOADER(x)
layout(set = 0, binding = 1, std430) writeonly buffer Words { uint words[]; };
layout(set = 0, binding = 1, std430) writeonly buffer WordPairs { uvec2 word_pairs[]; };
layout(push_constant) uniform Constants { uint n; };

uint narrowed(float value) {
    uint sign = (floatBitsToUint(value) >> 16) & 0x8000u;
    uint magnitude = floatBitsToUint(value) & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) {
        return 0x7E00u; // NaN
    }
    if (magnitude >= 0x477FF000u) {
        return sign | 0x7C00u; // from 65520 on, infinity is the nearest
    }
    if (magnitude < 0x38800000u) {
        // Below 2^-14 the 16-bit floats are multiples of 2^-24. Up to half of that, zero is the nearest.
        if (magnitude <= 0x33000000u) {
            return sign;
        }
        uint shift = 126u - (magnitude >> 23), significand = (magnitude & 0x7FFFFFu) | 0x800000u;
        uint odd = (significand >> shift) & 1u;
        return sign | ((significand + (1u << (shift - 1u)) - 1u + odd) >> shift);
    }
    uint odd = (magnitude >> 13) & 1u;
    return sign | ((magnitude - 0x38000000u + 0xFFFu + odd) >> 13);
}

void main() {
    uint quad = invocation_index();
    if (quad * 4 >= n) {
        return;
    }
    vec4 value = load_x(quad, n);
    uvec2 pair = uvec2(narrowed(value.x) | narrowed(value.y) << 16, narrowed(value.z) | narrowed(value.w) << 16);
    if (ALIGNED) {
        word_pairs[quad] = pair;
        return;
    }
    words[quad * 2] = pair.x;
    if (quad * 4 + 2 < n) { words[quad * 2 + 1] = pair.y; }
}
