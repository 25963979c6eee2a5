using System.Runtime.InteropServices;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The Dropout struct of philox.glsl, which aligns its first member to 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DropoutConstants(Dropout dropout)
{
    private readonly uint seedLow = (uint)dropout.Seed;
    private readonly uint seedHigh = (uint)(dropout.Seed >> 32);
    private readonly uint step = dropout.Step;
    private readonly uint stream = dropout.Stream;
    private readonly uint threshold = dropout.Threshold;
    private readonly float scale = dropout.Scale;
}
