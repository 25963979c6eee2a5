#version 450
// weight[s] += sum over the kept places (s, l) of delta basis[l]. One workgroup owns 256 columns of one row; the places are
// sorted, so a row's are neighbours and are found by bisection.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(constant_id = 0) const bool ALIGNED = true; // columns are a multiple of four
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 1, std430) readonly buffer Delta { float delta[]; };
layout(set = 0, binding = 2, std430) readonly buffer Basis { float basis[]; };
layout(set = 0, binding = 2, std430) readonly buffer Basis4 { vec4 basis4[]; };
layout(set = 0, binding = 3, std430) buffer Weight { float weight[]; };
layout(push_constant) uniform Constants {
    uint n;
    uint columns;
};

// The first place at or after `index`.
uint lower_bound(uint index) {
    uint low = 0;
    uint high = n;
    while (low < high) {
        uint middle = (low + high) / 2;
        if (indices[middle] < index) { low = middle + 1; } else { high = middle; }
    }
    return low;
}

void main() {
    uint row = gl_WorkGroupID.y;
    uint quad = gl_WorkGroupID.x * 64 + gl_LocalInvocationID.x;
    if (quad * 4 >= columns) {
        return;
    }
    uint end = lower_bound((row + 1) * columns);
    uint first = row * columns;
    vec4 sum = vec4(0);
    for (uint i = lower_bound(first); i < end; i++) {
        uint l = indices[i] - first;
        if (ALIGNED) {
            sum += delta[i] * basis4[l * (columns / 4) + quad];
        } else {
            for (uint c = 0; c < 4 && quad * 4 + c < columns; c++) {
                sum[c] += delta[i] * basis[l * columns + quad * 4 + c];
            }
        }
    }
    for (uint c = 0; c < 4 && quad * 4 + c < columns; c++) {
        weight[first + quad * 4 + c] += sum[c];
    }
}
