#version 450
// y = x, masked and scaled
#include "elementwise.glsl"
#include "philox.glsl"
INPUT(0, x)
OUTPUT(1, y)
LOADER(x)
STORER(y)
layout(push_constant) uniform Constants {
    uint n;
    uint first_quad; // of this window in the whole tensor
    Dropout dropout;
};

void main() {
    uint quad = invocation_index();
    if (quad * 4 < n) {
        store_y(quad, n, load_x(quad, n) * dropout_factors(dropout, first_quad + quad, 0));
    }
}
