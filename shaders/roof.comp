#version 450
// Nothing but multiply-adds, in as many independent chains as keep a device busy: the most arithmetic it can do.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) writeonly buffer Result { float result[]; };
layout(push_constant) uniform Constants { uint rounds; float factor; float offset; };

const uint CHAINS = 3;
const uint STEPS = 16; // of a round, so that the loop itself costs little

void main() {
    vec4 sums[CHAINS];
    [[unroll]] for (uint i = 0; i < CHAINS; i++) { sums[i] = vec4(float(invocation_index() + i)); }
    for (uint round = 0; round < rounds; round++) {
        [[unroll]] for (uint step = 0; step < STEPS; step++) {
            [[unroll]] for (uint i = 0; i < CHAINS; i++) { sums[i] = fma(sums[i], vec4(factor), vec4(offset)); }
        }
    }
    vec4 total = vec4(0);
    [[unroll]] for (uint i = 0; i < CHAINS; i++) { total += sums[i]; }
    result[invocation_index()] = total.x + total.y + total.z + total.w;
}
