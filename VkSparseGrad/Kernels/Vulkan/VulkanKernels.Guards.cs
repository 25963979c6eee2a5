using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

public sealed unsafe partial class VulkanKernels
{
    private const int GuardSize = 256;

    /// <summary>A signalling NaN that no kernel computes.</summary>
    private const uint GuardWord = 0x7fa5c35a;

    private readonly List<string> guardFaults = [];

    /// <summary>Bytes in front of every tensor and behind it, 0 without <see cref="DeviceOptions.Guards"/>.</summary>
    private readonly int guardBytes;

    /// <summary>With <see cref="DeviceOptions.Guards"/>, the tensors beside which a kernel wrote, found when they were
    /// freed.</summary>
    public IReadOnlyList<string> GuardFaults => guardFaults;

    private void WriteGuards(MemorySlice memory)
    {
        if (guardBytes > 0)
        {
            Stream.Fill(memory, memory.Size, GuardWord);
        }
    }

    /// <summary>Reads what stands in front of a tensor and behind it, up to the end of its memory.</summary>
    private void CheckGuards(MemorySlice memory, long bytes, MemoryCategory category)
    {
        if (guardBytes == 0)
        {
            return;
        }

        int behind = (int)(memory.Size - guardBytes - bytes);
        MemorySlice staging = device.DownloadMemory.Allocate(guardBytes + behind, "the guards of a tensor");
        try
        {
            Stream.Copy(memory, staging, guardBytes);
            Stream.Copy(memory.Part(guardBytes + bytes, behind), staging.Part(guardBytes, behind), behind);
            Stream.Finish();
            ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(new ReadOnlySpan<byte>((void*)staging.Mapped, guardBytes + behind));
            int wrong = words.IndexOfAnyExcept(GuardWord);
            if (wrong >= 0)
            {
                int front = guardBytes / sizeof(uint);
                string place = wrong < front ? $"{front - wrong} elements before" : $"{wrong - front + 1} elements behind";
                guardFaults.Add($"A kernel wrote {place} a tensor of {category} with {bytes / sizeof(float)} elements.");
            }
        }
        finally
        {
            staging.Free();
        }
    }

    /// <summary>The range of a binding. One that ends where the tensor ends takes the guard along: where a device cuts off what
    /// lies outside a binding, a stray write would not show otherwise.</summary>
    private MemorySlice Bound(Tensor tensor, long first, long bytes)
    {
        MemorySlice slice = Slice(tensor);
        bool isLast = first + bytes == slice.Size && bytes + guardBytes <= device.MaxBindingBytes;
        return slice.Part(first, isLast ? bytes + guardBytes : bytes);
    }
}
