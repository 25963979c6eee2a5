using Silk.NET.Vulkan;

namespace VkSparseGrad.Devices;

/// <summary>One command buffer with what must live until the device is done with it; used again afterwards.</summary>
internal sealed unsafe class Submission : IDisposable
{
    private const uint SetsPerPool = 256;
    private const uint DescriptorsPerPool = SetsPerPool * 8;

    /// <summary>Room from the start for about what a submission needs: it holds other work each time, and would grow for long.</summary>
    private const int UsualPools = 4, UsualStaging = 16, UsualViews = 256;

    private readonly Vk api;
    private readonly Device device;
    private readonly CommandPool commandPool;
    private readonly QueryPool timestamps;
    private readonly List<DescriptorPool> descriptorPools = new(UsualPools);
    private readonly List<MemorySlice> staging = new(UsualStaging);
    private readonly List<BufferView> views = new(UsualViews);
    private int currentPool;

    public Submission(Vk api, Device device, int queueFamily, bool withTimestamps)
    {
        this.api = api;
        this.device = device;
        var poolInfo = new CommandPoolCreateInfo
        {
            SType = StructureType.CommandPoolCreateInfo,
            QueueFamilyIndex = (uint)queueFamily,
            Flags = CommandPoolCreateFlags.TransientBit,
        };
        VulkanCheck.Ok(api.CreateCommandPool(device, in poolInfo, null, out commandPool), "the creation of a command pool");
        var allocateInfo = new CommandBufferAllocateInfo
        {
            SType = StructureType.CommandBufferAllocateInfo,
            CommandPool = commandPool,
            Level = CommandBufferLevel.Primary,
            CommandBufferCount = 1,
        };
        VulkanCheck.Ok(api.AllocateCommandBuffers(device, in allocateInfo, out CommandBuffer commands), "a command buffer");
        Commands = commands;
        if (withTimestamps)
        {
            var queryInfo = new QueryPoolCreateInfo
            {
                SType = StructureType.QueryPoolCreateInfo,
                QueryType = QueryType.Timestamp,
                QueryCount = 2,
            };
            VulkanCheck.Ok(api.CreateQueryPool(device, in queryInfo, null, out timestamps), "a timestamp pool");
        }
    }

    public CommandBuffer Commands { get; }

    /// <summary>The value the timeline semaphore has when the device is done; 0 before submission.</summary>
    public ulong Value { get; set; }

    /// <summary>What was recorded last.</summary>
    public string Kernel { get; set; } = "";

    /// <summary>Estimated floating-point operations.</summary>
    public double Operations { get; set; }

    /// <summary>Estimated work: the operations, and what it costs to start kernels, as operations.</summary>
    public double Cost { get; set; }

    /// <summary>How many pieces of work were recorded.</summary>
    public int Count { get; set; }

    public bool IsEmpty => Count == 0;

    public void Begin()
    {
        var info = new CommandBufferBeginInfo
        {
            SType = StructureType.CommandBufferBeginInfo,
            Flags = CommandBufferUsageFlags.OneTimeSubmitBit,
        };
        VulkanCheck.Ok(api.BeginCommandBuffer(Commands, in info), "the start of a command buffer");
        if (timestamps.Handle != 0)
        {
            api.CmdResetQueryPool(Commands, timestamps, 0, 2);
            api.CmdWriteTimestamp(Commands, PipelineStageFlags.TopOfPipeBit, timestamps, 0);
        }
    }

    public void End()
    {
        if (timestamps.Handle != 0)
        {
            api.CmdWriteTimestamp(Commands, PipelineStageFlags.BottomOfPipeBit, timestamps, 1);
        }

        VulkanCheck.Ok(api.EndCommandBuffer(Commands), "the end of a command buffer");
    }

    /// <summary>Gives the slice back when the device is done with this submission.</summary>
    public void KeepStaging(MemorySlice slice) => staging.Add(slice);

    /// <summary>A slice seen as texels of four floats, for this submission.</summary>
    public BufferView Texels(MemorySlice slice)
    {
        var info = new BufferViewCreateInfo
        {
            SType = StructureType.BufferViewCreateInfo,
            Buffer = slice.Block.Buffer,
            Format = Format.R32G32B32A32Sfloat,
            Offset = (ulong)slice.Offset,
            Range = (ulong)slice.Size,
        };
        VulkanCheck.Ok(api.CreateBufferView(device, in info, null, out BufferView view), "a view of a buffer");
        views.Add(view);
        return view;
    }

    /// <summary>A descriptor set for this submission.</summary>
    public DescriptorSet Descriptors(DescriptorSetLayout layout)
    {
        while (true)
        {
            if (currentPool == descriptorPools.Count)
            {
                descriptorPools.Add(CreatePool());
            }

            var info = new DescriptorSetAllocateInfo
            {
                SType = StructureType.DescriptorSetAllocateInfo,
                DescriptorPool = descriptorPools[currentPool],
                DescriptorSetCount = 1,
                PSetLayouts = &layout,
            };
            Result result = api.AllocateDescriptorSets(device, in info, out DescriptorSet set);
            if (result is Result.ErrorOutOfPoolMemory or Result.ErrorFragmentedPool)
            {
                currentPool++;
                continue;
            }

            VulkanCheck.Ok(result, "a descriptor set");
            return set;
        }
    }

    /// <summary>Seconds the device spent, or 0 where it cannot tell.</summary>
    public double Elapsed(float nanosecondsPerTick)
    {
        if (timestamps.Handle == 0)
        {
            return 0;
        }

        ulong* ticks = stackalloc ulong[2];
        Result result = api.GetQueryPoolResults(
            device, timestamps, 0, 2, 2 * sizeof(ulong), ticks, sizeof(ulong), QueryResultFlags.Result64Bit);
        return result == Result.Success && ticks[1] > ticks[0] ? (ticks[1] - ticks[0]) * 1e-9 * nanosecondsPerTick : 0;
    }

    /// <summary>Makes it ready for new work. Only when the device is done with the old.</summary>
    public void Reset()
    {
        foreach (MemorySlice slice in staging)
        {
            slice.Free();
        }

        staging.Clear();
        DestroyViews();
        foreach (DescriptorPool pool in descriptorPools)
        {
            api.ResetDescriptorPool(device, pool, 0);
        }

        currentPool = 0;
        VulkanCheck.Ok(api.ResetCommandPool(device, commandPool, 0), "the reset of a command pool");
        Value = 0;
        Cost = 0;
        Operations = 0;
        Count = 0;
    }

    public void Dispose()
    {
        DestroyViews();
        foreach (DescriptorPool pool in descriptorPools)
        {
            api.DestroyDescriptorPool(device, pool, null);
        }

        if (timestamps.Handle != 0)
        {
            api.DestroyQueryPool(device, timestamps, null);
        }

        api.DestroyCommandPool(device, commandPool, null);
    }

    private void DestroyViews()
    {
        foreach (BufferView view in views)
        {
            api.DestroyBufferView(device, view, null);
        }

        views.Clear();
    }

    private DescriptorPool CreatePool()
    {
        DescriptorPoolSize* sizes = stackalloc DescriptorPoolSize[2];
        sizes[0] = new DescriptorPoolSize(DescriptorType.StorageBuffer, DescriptorsPerPool);
        sizes[1] = new DescriptorPoolSize(DescriptorType.StorageTexelBuffer, DescriptorsPerPool);
        var info = new DescriptorPoolCreateInfo
        {
            SType = StructureType.DescriptorPoolCreateInfo,
            MaxSets = SetsPerPool,
            PoolSizeCount = 2,
            PPoolSizes = sizes,
        };
        VulkanCheck.Ok(api.CreateDescriptorPool(device, in info, null, out DescriptorPool pool), "a descriptor pool");
        return pool;
    }
}
