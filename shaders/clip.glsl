// The factor on the gradient, from clip_factor; NaN means that this step must change nothing.
layout(set = 0, binding = CLIP_SLOT, std430) readonly buffer Clip { float clip[2]; };

bool step_is_void() {
    return (floatBitsToUint(clip[0]) & 0x7F800000u) == 0x7F800000u;
}
