#version 450
// y = 16-bit floats as 32-bit ones, two of them a word.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // the elements are a multiple of eight
layout(constant_id = 1) const bool BFLOAT16 = true;
#include "halves.glsl"
INPUT(0, words) // their bits as floats, to be read in quads; nothing is computed with them as such
layout(set = 0, binding = 1, std430) writeonly buffer Floats { uint y[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Quads { uvec4 y4[]; };
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint eight = invocation_index();
    if (eight * 8 >= n) {
        return;
    }
    if (ALIGNED) {
        vec4 quad = QUAD(words, eight);
        y4[eight * 2] = uvec4(widened_pair(quad.x), widened_pair(quad.y));
        y4[eight * 2 + 1] = uvec4(widened_pair(quad.z), widened_pair(quad.w));
        return;
    }
    [[unroll]] for (uint i = 0; i < 8; i += 2) {
        uint at = eight * 8 + i;
        if (at < n) {
            uvec2 pair = widened_pair(ELEMENT(words, at / 2));
            y[at] = pair.x;
            if (at + 1 < n) { y[at + 1] = pair.y; }
        }
    }
}
