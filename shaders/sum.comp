#version 450
// total = sum of x, by one workgroup
#include "common.glsl"
layout(local_size_x = 64) in;
#include "reduce.glsl"
layout(set = 0, binding = 0, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Total { float total; };
layout(push_constant) uniform Constants { uint n; };

void main() {
    float sum = 0.0;
    for (uint i = gl_LocalInvocationID.x; i < n; i += 64) {
        sum += x[i];
    }
    sum = workgroup_sum(sum);
    if (gl_LocalInvocationID.x == 0) {
        total = sum;
    }
}
