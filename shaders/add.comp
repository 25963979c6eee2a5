#version 450
// sum = x + y
#include "elementwise.glsl"
INPUT(0, x)
INPUT(1, y)
OUTPUT(2, sum)
LOADER(x)
LOADER(y)
STORER(sum)
layout(push_constant) uniform Constants { uint n; };

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_sum(quad, n, load_x(quad, n) + load_y(quad, n));
    }
}
