using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>Picks a memory type: by the flags that are needed, then by those that are liked, then by the largest heap.</summary>
internal static class MemoryTypeChooser
{
    /// <summary>The best type among those allowed.</summary>
    /// <param name="memory">The device's memory types and heaps.</param>
    /// <param name="allowedTypes">Bit i says whether type i may be used.</param>
    /// <param name="needed">Flags the type must have.</param>
    /// <param name="liked">Flags the type should have.</param>
    /// <returns>Index of a memory type, or -1.</returns>
    public static int Choose(
        in PhysicalDeviceMemoryProperties memory, uint allowedTypes, MemoryPropertyFlags needed, MemoryPropertyFlags liked)
    {
        PhysicalDeviceMemoryProperties table = memory;
        int best = -1;
        (int Liked, ulong Heap) bestScore = default;
        for (int i = 0; i < table.MemoryTypeCount; i++)
        {
            MemoryType type = table.MemoryTypes[i];
            if ((allowedTypes >> i & 1) == 0 || (type.PropertyFlags & needed) != needed)
            {
                continue;
            }

            var score = (int.PopCount((int)(type.PropertyFlags & liked)), table.MemoryHeaps[(int)type.HeapIndex].Size);
            if (best < 0 || score.CompareTo(bestScore) > 0)
            {
                (best, bestScore) = (i, score);
            }
        }

        return best;
    }
}
