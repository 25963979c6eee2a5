#version 450
// y = factor x
#include "elementwise.glsl"
INPUT(0, x)
OUTPUT(1, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants {
    uint n;
    float factor;
};

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, factor * load_x(quad, n));
    }
}
