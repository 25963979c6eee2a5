#version 450
// starts[s] = number of kept places in the rows before s. The places are sorted, so this is a bisection.
#include "common.glsl"
layout(local_size_x = 64) in;
layout(set = 0, binding = 0, std430) readonly buffer Indices { uint indices[]; };
layout(set = 0, binding = 1, std430) writeonly buffer Starts { uint starts[]; };
layout(push_constant) uniform Constants {
    uint n;
    uint columns;
    uint rows;
};

void main() {
    uint row = invocation_index();
    if (row > rows) {
        return;
    }
    uint low = 0;
    uint high = n;
    while (low < high) {
        uint middle = (low + high) / 2;
        if (indices[middle] < row * columns) { low = middle + 1; } else { high = middle; }
    }
    starts[row] = low;
}
