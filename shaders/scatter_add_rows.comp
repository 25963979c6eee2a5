#version 450
// d_table[id] += sum of dy[t] over the places t of id. One workgroup owns an id, so there are no atomics, and the order of
// the sum is that of the places.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) readonly buffer Dy { float dy[]; };
layout(set = 0, binding = 1, std430) readonly buffer Rows { uint segment_rows[]; };
layout(set = 0, binding = 2, std430) readonly buffer Starts { uint starts[]; };
layout(set = 0, binding = 3, std430) readonly buffer Order { uint places[]; };
layout(set = 0, binding = 4, std430) buffer Table { float d_table[]; };
layout(push_constant) uniform Constants {
    uint segments;
    uint columns;
    uint first_row; // of the window of table rows which is bound
    uint window_rows;
};

void main() {
    uint segment = group_index();
    if (segment >= segments) {
        return;
    }
    uint row = segment_rows[segment];
    if (row < first_row || row >= first_row + window_rows) {
        return;
    }
    uint c = gl_WorkGroupID.z * 64 + gl_LocalInvocationID.x;
    if (c >= columns) {
        return;
    }
    float sum = 0.0;
    for (uint i = starts[segment]; i < starts[segment + 1]; i++) {
        sum += dy[places[i] * columns + c];
    }
    d_table[(row - first_row) * columns + c] += sum;
}
