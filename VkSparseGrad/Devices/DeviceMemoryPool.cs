using Silk.NET.Vulkan;
using Buffer = Silk.NET.Vulkan.Buffer;

namespace VkSparseGrad.Devices;

/// <summary>One VkBuffer over one VkDeviceMemory, cut into slices.</summary>
internal sealed class MemoryBlock(Buffer buffer, DeviceMemory memory, long size, nint mapped, MemoryLifetime lifetime)
{
    public MemoryLifetime Lifetime { get; } = lifetime;

    public Buffer Buffer { get; } = buffer;

    public DeviceMemory Memory { get; } = memory;

    public long Size { get; } = size;

    /// <summary>Host address of the first byte, or 0 where the block is not host visible.</summary>
    public nint Mapped { get; } = mapped;

    public FreeRanges Free { get; } = new(size);
}

/// <summary>A piece of a block.</summary>
internal readonly record struct MemorySlice(MemoryBlock Block, long Offset, long Size)
{
    /// <summary>Host address of the first byte.</summary>
    public nint Mapped => Block.Mapped + (nint)Offset;

    /// <summary>Gives the bytes back to their block.</summary>
    public void Free() => Block.Free.Give(Offset, Size);

    /// <summary>The part from <paramref name="start"/> on.</summary>
    public MemorySlice Part(long start, long count) => new(Block, Offset + start, count);
}

/// <summary>How long slices are in use. Each kind has blocks of its own, so that what stays does not break up the room of what comes
/// and goes.</summary>
internal enum MemoryLifetime
{
    /// <summary>Those of a step or a single kernel.</summary>
    Passing,

    /// <summary>Those of the whole run.</summary>
    Lasting,
}

/// <summary>What a pool's memory is for, which decides the memory type.</summary>
internal enum MemoryPurpose
{
    /// <summary>Read and written by kernels.</summary>
    Device,

    /// <summary>Written by the host, copied to the device.</summary>
    Upload,

    /// <summary>Copied from the device, read by the host.</summary>
    Download,
}

/// <summary>Sub-allocates device memory from a few large blocks.</summary>
/// <remarks>A slice may be given back while recorded work still uses it: whatever is recorded later in the same stream comes
/// behind that work. Only slices the host itself reads or writes must be kept until the work is done.</remarks>
internal sealed unsafe class DeviceMemoryPool(
    Vk api, Device device, PhysicalDeviceFacts facts, MemoryPurpose purpose, long? limit) : IDisposable
{
    /// <summary>Every offset is a multiple of this, at least what any device asks of a storage buffer.</summary>
    private const long Alignment = 256;

    private const long BlockSize = 32L << 20;

    private readonly List<MemoryBlock> blocks = [];
    private long reserved;
    private bool disposed;

    /// <summary>Number of live VkDeviceMemory objects.</summary>
    public int BlockCount => blocks.Count;

    /// <summary>For tests: asked at each allocation whether to refuse it.</summary>
    public Func<bool>? Refuses { get; set; }

    /// <summary>Takes memory for <paramref name="bytes"/> bytes from the blocks there are.</summary>
    /// <param name="bytes">At least so many.</param>
    /// <param name="lifetime">Of which blocks; null for all.</param>
    /// <param name="slice">The memory.</param>
    /// <returns>Whether they had room.</returns>
    public bool TryAllocate(long bytes, MemoryLifetime? lifetime, out MemorySlice slice)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(VulkanDevice));
        long size = SliceSize(bytes);
        if (Refuses?.Invoke() != true)
        {
            foreach (MemoryBlock block in blocks)
            {
                long offset = (lifetime ?? block.Lifetime) == block.Lifetime ? block.Free.Take(size) : -1;
                if (offset >= 0)
                {
                    slice = new MemorySlice(block, offset, size);
                    return true;
                }
            }
        }

        slice = default;
        return false;
    }

    /// <summary>Takes memory for <paramref name="bytes"/> bytes, from a new block where no other has room.</summary>
    /// <exception cref="DeviceMemoryException">There is no room.</exception>
    public MemorySlice Allocate(long bytes, string what, MemoryLifetime lifetime = MemoryLifetime.Passing)
    {
        if (TryAllocate(bytes, lifetime, out MemorySlice slice))
        {
            return slice;
        }

        long size = SliceSize(bytes);
        if (Refuses?.Invoke() == true)
        {
            throw TooLarge(size, what, "the allocation was made to fail");
        }

        // Nothing else fits well into what a large slice that stays would leave of a block.
        long block = lifetime == MemoryLifetime.Lasting && size > BlockSize / 2 ? size : Math.Max(size, BlockSize);
        if (reserved + block > limit && TryAllocate(bytes, lifetime: null, out slice))
        {
            return slice;
        }

        MemoryBlock fresh = CreateBlock(block, size, what, lifetime);
        blocks.Add(fresh);
        return new MemorySlice(fresh, fresh.Free.Take(size), size);
    }

    /// <summary>Gives blocks of which nothing is in use back to the driver. Only when the device is idle: a slice may have been
    /// given back before the work that uses it was done.</summary>
    public void ReleaseUnused()
    {
        foreach (MemoryBlock block in blocks.FindAll(block => block.Free.IsWhole))
        {
            blocks.Remove(block);
            Destroy(block);
        }
    }

    public void Dispose()
    {
        disposed = true;
        foreach (MemoryBlock block in blocks)
        {
            Destroy(block);
        }

        blocks.Clear();
    }

    /// <summary>The size of a slice for so many bytes: at least one alignment unit, so that no two slices share an address.</summary>
    internal static long SliceSize(long bytes) => Math.Max(Alignment, (bytes + Alignment - 1) / Alignment * Alignment);

    private MemoryBlock CreateBlock(long size, long wanted, string what, MemoryLifetime lifetime)
    {
        if (facts.MaxAllocation > 0 && size > facts.MaxAllocation)
        {
            throw TooLarge(wanted, what, $"the device allows {Mib(facts.MaxAllocation)} in one allocation");
        }

        if (limit is long most && reserved + size > most)
        {
            // A smaller block may still fit under the limit.
            size = wanted;
            if (reserved + size > most)
            {
                throw TooLarge(wanted, what, $"{Mib(reserved)} of the limit of {Mib(most)} are in use");
            }
        }

        var bufferInfo = new BufferCreateInfo
        {
            SType = StructureType.BufferCreateInfo,
            Size = (ulong)size,
            Usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.TransferDstBit |
                (facts.TexelLoads ? BufferUsageFlags.StorageTexelBufferBit : 0),
        };
        VulkanCheck.Ok(api.CreateBuffer(device, in bufferInfo, null, out Buffer buffer), $"the allocation of {what}");
        api.GetBufferMemoryRequirements(device, buffer, out MemoryRequirements requirements);
        int type = ChooseType(requirements.MemoryTypeBits);
        var allocateInfo = new MemoryAllocateInfo
        {
            SType = StructureType.MemoryAllocateInfo,
            AllocationSize = requirements.Size,
            MemoryTypeIndex = (uint)type,
        };
        DeviceMemory memory = default;
        Result result = type < 0 ? Result.ErrorOutOfDeviceMemory : api.AllocateMemory(device, in allocateInfo, null, out memory);
        if (result != Result.Success)
        {
            api.DestroyBuffer(device, buffer, null);
            throw TooLarge(wanted, what, $"{Mib(reserved)} are in use and the driver has no more ({result})");
        }

        void* mapped = null;
        result = api.BindBufferMemory(device, buffer, memory, 0);
        if (result == Result.Success && purpose != MemoryPurpose.Device)
        {
            result = api.MapMemory(device, memory, 0, Vk.WholeSize, 0, &mapped);
        }

        if (result != Result.Success)
        {
            api.DestroyBuffer(device, buffer, null);
            api.FreeMemory(device, memory, null);
            VulkanCheck.Ok(result, $"the allocation of {what}");
        }

        reserved += size;
        return new MemoryBlock(buffer, memory, size, (nint)mapped, lifetime);
    }

    private int ChooseType(uint allowed) => purpose switch
    {
        MemoryPurpose.Device => MemoryTypeChooser.Choose(
            facts.Memory, allowed, MemoryPropertyFlags.None, MemoryPropertyFlags.DeviceLocalBit),
        MemoryPurpose.Upload => MemoryTypeChooser.Choose(
            facts.Memory, allowed, MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit, MemoryPropertyFlags.None),
        _ => MemoryTypeChooser.Choose(
            facts.Memory, allowed, MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit,
            MemoryPropertyFlags.HostCachedBit),
    };

    private void Destroy(MemoryBlock block)
    {
        api.DestroyBuffer(device, block.Buffer, null);
        api.FreeMemory(device, block.Memory, null);
        reserved -= block.Size;
    }

    private static DeviceMemoryException TooLarge(long bytes, string what, string why) => new(
        $"No device memory for {what}: it needs {Mib(bytes)}, but {why}. Use a smaller batch size, a shorter maximum length or " +
        "a method with less state.");

    private static string Mib(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:0.#} MiB");
}
