#version 450
// partials[g] = sum of squares of workgroup g's share of x; added to what is there for the later windows of x.
#include "common.glsl"
#include "quads.glsl"
layout(local_size_x_id = 3) in;
#include "reduce.glsl"
layout(constant_id = 0) const bool ACCUMULATE = false;
layout(constant_id = 1) const bool ALIGNED = true; // n is a multiple of four
layout(constant_id = 2) const uint AHEAD = 16; // quads that are read before they are added, so that a GPU need not wait for each
INPUT(0, x)
layout(set = 0, binding = 1, std430) buffer Partials { float partials[]; };
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint stride = gl_NumWorkGroups.x * gl_WorkGroupSize.x;
    float sum = 0.0;
    for (uint quad = invocation_index(); quad < n / 4; quad += AHEAD * stride) {
        vec4 values[AHEAD];
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { values[i] = quad + i * stride < n / 4 ? QUAD(x, quad + i * stride) : vec4(0); }
        [[unroll]] for (uint i = 0; i < AHEAD; i++) { sum += dot(values[i], values[i]); }
    }
    if (!ALIGNED) {
        uint rest = n / 4 * 4 + invocation_index();
        if (rest < n) {
            float value = ELEMENT(x, rest);
            sum += value * value;
        }
    }
    sum = workgroup_sum(sum);
    if (gl_LocalInvocationID.x == 0) {
        partials[gl_WorkGroupID.x] = ACCUMULATE ? partials[gl_WorkGroupID.x] + sum : sum;
    }
}
