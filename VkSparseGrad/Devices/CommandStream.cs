using System.Runtime.CompilerServices;
using Silk.NET.Vulkan;
using Semaphore = Silk.NET.Vulkan.Semaphore;

namespace VkSparseGrad.Devices;

/// <summary>A storage buffer of a dispatch.</summary>
/// <param name="Slice">The bytes.</param>
/// <param name="Writes">Whether the kernel writes them.</param>
/// <param name="Quads">Whether the kernel reads them in quads of floats, and so can read them as texels.</param>
internal readonly record struct Binding(MemorySlice Slice, bool Writes, bool Quads = false);

/// <summary>Records work in order, puts barriers where ranges depend on each other, and submits in bounded pieces.</summary>
internal sealed unsafe class CommandStream : IDisposable
{
    private const int MaxInFlight = 8;

    /// <summary>So many submissions in flight keep the device busy; with fewer it gets the next as soon as that has so many commands,
    /// however little work they are, and works while the host records on.</summary>
    private const int BusyInFlight = 2, FewestCommands = 32;

    /// <summary>vkCmdUpdateBuffer takes no more than this.</summary>
    private const int MaxInlineBytes = 65536;

    /// <summary>What a dispatch costs however little it does: many tiny ones must not make a long submission either.</summary>
    private const double SecondsPerDispatch = 10e-6;

    private readonly Vk api;
    private readonly Device device;
    private readonly Queue queue;
    private readonly PhysicalDeviceFacts facts;
    private readonly Semaphore timeline;
    private readonly HazardTracker hazards = new();
    private readonly Queue<Submission> closed = new();
    private readonly Queue<Submission> inFlight = new();
    private readonly Stack<Submission> idle = new();
    private readonly TimeSpan target;
    private Submission? recording;
    private ulong lastValue;
    private double costPerSecond;
    private bool lost;
    private bool disposed;

    public CommandStream(Vk api, Device device, Queue queue, PhysicalDeviceFacts facts, TimeSpan targetSubmissionTime)
    {
        this.api = api;
        this.device = device;
        this.queue = queue;
        this.facts = facts;
        target = targetSubmissionTime;
        // A low first guess only makes the first submissions short.
        costPerSecond = facts.Kind switch
        {
            DeviceKind.Cpu => 10e9,
            DeviceKind.Integrated => 100e9,
            _ => 500e9,
        };
        var type = new SemaphoreTypeCreateInfo
        {
            SType = StructureType.SemaphoreTypeCreateInfo,
            SemaphoreType = SemaphoreType.Timeline,
        };
        var info = new SemaphoreCreateInfo { SType = StructureType.SemaphoreCreateInfo, PNext = &type };
        VulkanCheck.Ok(api.CreateSemaphore(device, in info, null, out timeline), "the creation of a timeline semaphore");
    }

    /// <summary>Whether closed command buffers wait for <see cref="Advance"/> instead of going to the device at once.</summary>
    public bool Deferred { get; set; }

    /// <summary>Number of submissions made.</summary>
    public ulong Submissions => lastValue;

    /// <summary>Where set, everything recorded is a submission of its own, and its device time is added here when it is done.</summary>
    public KernelProfile? Profile
    {
        get;
        set
        {
            Finish();
            field = value;
        }
    }

    /// <summary>For tests and benchmarks: called before each submission, with the result it shall have.</summary>
    public Func<Result>? Submitting { get; set; }

    /// <summary>The work one submission may hold, in floating-point operations.</summary>
    public double CostLimit => costPerSecond * target.TotalSeconds;

    public void Dispatch(
        ComputePipeline pipeline, ReadOnlySpan<Binding> bindings, ReadOnlySpan<uint> constants,
        (uint X, uint Y, uint Z) groups, double cost)
    {
        int constantBytes = constants.Length * sizeof(uint);
        if (constantBytes > BindingLayout.PushConstantBytes)
        {
            throw new ArgumentException($"{pipeline.Name} pushes {constantBytes} bytes; {BindingLayout.PushConstantBytes} fit.");
        }

        Submission submission = Recording(pipeline.Name, cost, costPerSecond * SecondsPerDispatch);
        Order(submission, bindings);
        DescriptorSet set = submission.Descriptors(pipeline.Layout.Set);
        DescriptorBufferInfo* buffers = stackalloc DescriptorBufferInfo[bindings.Length];
        BufferView* texels = stackalloc BufferView[bindings.Length];
        WriteDescriptorSet* writes = stackalloc WriteDescriptorSet[bindings.Length];
        for (int i = 0; i < bindings.Length; i++)
        {
            MemorySlice slice = bindings[i].Slice;
            bool asTexels = (pipeline.Layout.Texels >> i & 1) != 0;
            texels[i] = asTexels ? submission.Texels(slice) : default;
            buffers[i] = new DescriptorBufferInfo(slice.Block.Buffer, (ulong)slice.Offset, (ulong)slice.Size);
            writes[i] = new WriteDescriptorSet
            {
                SType = StructureType.WriteDescriptorSet,
                DstSet = set,
                DstBinding = (uint)i,
                DescriptorCount = 1,
                DescriptorType = asTexels ? DescriptorType.StorageTexelBuffer : DescriptorType.StorageBuffer,
                PBufferInfo = &buffers[i],
                PTexelBufferView = &texels[i],
            };
        }

        CommandBuffer commands = submission.Commands;
        api.UpdateDescriptorSets(device, (uint)bindings.Length, writes, 0, null);
        api.CmdBindPipeline(commands, PipelineBindPoint.Compute, pipeline.Handle);
        api.CmdBindDescriptorSets(commands, PipelineBindPoint.Compute, pipeline.Layout.Pipeline, 0, 1, &set, 0, null);
        fixed (uint* data = constants)
        {
            if (constantBytes > 0)
            {
                api.CmdPushConstants(commands, pipeline.Layout.Pipeline, ShaderStageFlags.ComputeBit, 0, (uint)constantBytes, data);
            }
        }

        api.CmdDispatch(commands, groups.X, groups.Y, groups.Z);
    }

    /// <returns>What it was recorded in.</returns>
    public Submission Copy(MemorySlice source, MemorySlice destination, long bytes)
    {
        Submission submission = Recording("copy", bytes);
        Order(submission, [new Binding(source.Part(0, bytes), false), new Binding(destination.Part(0, bytes), true)]);
        var region = new BufferCopy((ulong)source.Offset, (ulong)destination.Offset, (ulong)bytes);
        api.CmdCopyBuffer(submission.Commands, source.Block.Buffer, destination.Block.Buffer, 1, in region);
        return submission;
    }

    public void Fill(MemorySlice destination, long bytes, uint value)
    {
        Submission submission = Recording("fill", bytes);
        Order(submission, [new Binding(destination.Part(0, bytes), true)]);
        api.CmdFillBuffer(submission.Commands, destination.Block.Buffer, (ulong)destination.Offset, (ulong)bytes, value);
    }

    /// <summary>Copies host bytes to the device, through the command buffer where they are few, else through staging memory.</summary>
    public void Upload(ReadOnlySpan<byte> source, MemorySlice destination, DeviceMemoryPool staging)
    {
        if (source.Length <= MaxInlineBytes)
        {
            Submission submission = Recording("upload", source.Length);
            Order(submission, [new Binding(destination.Part(0, source.Length), true)]);
            fixed (byte* data = source)
            {
                api.CmdUpdateBuffer(
                    submission.Commands, destination.Block.Buffer, (ulong)destination.Offset, (ulong)source.Length, data);
            }

            return;
        }

        MemorySlice slice = staging.Allocate(source.Length, "an upload");
        try
        {
            source.CopyTo(new Span<byte>((void*)slice.Mapped, source.Length));
            Copy(slice, destination, source.Length).KeepStaging(slice);
        }
        catch
        {
            slice.Free();
            throw;
        }
    }

    /// <summary>Closes what is recorded and, unless submissions are deferred, hands it to the device.</summary>
    public void Flush()
    {
        ThrowIfUnusable();
        Close();
        while (!Deferred && closed.Count > 0)
        {
            SubmitNext();
        }
    }

    /// <summary>Closes what is recorded.</summary>
    private void Close()
    {
        if (recording is { IsEmpty: false } submission)
        {
            // The host may read what was written once the semaphore says so.
            Barrier(submission, PipelineStageFlags.HostBit, AccessFlags.HostReadBit);
            submission.End();
            closed.Enqueue(submission);
            recording = null;
        }
    }

    /// <summary>Submits the oldest closed command buffer.</summary>
    private void SubmitNext()
    {
        Submission submission = closed.Peek();
        ulong value = lastValue + 1;
        CommandBuffer commands = submission.Commands;
        Semaphore semaphore = timeline;
        var timelineInfo = new TimelineSemaphoreSubmitInfo
        {
            SType = StructureType.TimelineSemaphoreSubmitInfo,
            SignalSemaphoreValueCount = 1,
            PSignalSemaphoreValues = &value,
        };
        var info = new SubmitInfo
        {
            SType = StructureType.SubmitInfo,
            PNext = &timelineInfo,
            CommandBufferCount = 1,
            PCommandBuffers = &commands,
            SignalSemaphoreCount = 1,
            PSignalSemaphores = &semaphore,
        };
        Result result = Submitting?.Invoke() ?? Result.Success;
        Check(result == Result.Success ? api.QueueSubmit(queue, 1, in info, default) : result, "a submission");
        lastValue = value;
        submission.Value = value;
        inFlight.Enqueue(closed.Dequeue());
        while (inFlight.Count > MaxInFlight)
        {
            WaitFor(inFlight.Peek().Value);
        }
    }

    /// <summary>Submits closed command buffers, each when the one before is done, for about as long as given.</summary>
    /// <returns>Whether everything recorded is done.</returns>
    public bool Advance(TimeSpan budget)
    {
        long start = TimeProvider.System.GetTimestamp();
        ThrowIfUnusable();
        Close();
        while (true)
        {
            TimeSpan left = budget - TimeProvider.System.GetElapsedTime(start);
            if (!WaitFor(lastValue, left > TimeSpan.Zero ? left : TimeSpan.Zero))
            {
                return false;
            }

            if (closed.Count == 0)
            {
                return true;
            }

            SubmitNext();
        }
    }

    /// <summary>Submits everything and waits for it.</summary>
    public void Finish()
    {
        bool deferred = Deferred;
        Deferred = false;
        try
        {
            Flush();
        }
        finally
        {
            Deferred = deferred;
        }

        WaitFor(lastValue);
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;

        // Nothing that was recorded is wanted any more, but what the device works on must come to its end. A lost device says
        // so at once, or should.
        ulong value = lastValue;
        Semaphore semaphore = timeline;
        var info = new SemaphoreWaitInfo
        {
            SType = StructureType.SemaphoreWaitInfo,
            SemaphoreCount = 1,
            PSemaphores = &semaphore,
            PValues = &value,
        };
        api.WaitSemaphores(device, in info, lost ? 5_000_000_000 : ulong.MaxValue);
        recording?.Dispose();
        foreach (Submission submission in closed.Concat(inFlight).Concat(idle))
        {
            submission.Dispose();
        }

        api.DestroySemaphore(device, timeline, null);
    }

    private Submission Recording(string kernel, double operations, double overhead = 0)
    {
        ThrowIfUnusable();
        double cost = operations + overhead;
        if (recording is { IsEmpty: false } full && (Profile is not null || full.Cost + cost > CostLimit || Starves(full)))
        {
            Flush();
        }

        if (recording is null)
        {
            Recycle();
            recording = idle.Count > 0 ? idle.Pop() : new Submission(api, device, facts.QueueFamily, facts.Timestamps);
            recording.Begin();
            hazards.Clear();
            Barrier(recording, PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit, WorkAccess);
        }

        recording.Kernel = kernel;
        recording.Operations += operations;
        recording.Cost += cost;
        recording.Count++;
        return recording;
    }

    /// <summary>Whether the device will soon have nothing to do while this is recorded. Asked rarely, as it takes a call.</summary>
    private bool Starves(Submission submission)
    {
        if (Deferred || submission.Count % FewestCommands != 0)
        {
            return false;
        }

        Recycle();
        return inFlight.Count < BusyInFlight;
    }

    private const AccessFlags WorkAccess =
        AccessFlags.ShaderReadBit | AccessFlags.ShaderWriteBit | AccessFlags.TransferReadBit | AccessFlags.TransferWriteBit;

    private void Order(Submission submission, ReadOnlySpan<Binding> bindings)
    {
        foreach (Binding binding in bindings)
        {
            if (hazards.Conflicts(binding.Slice, binding.Writes))
            {
                Barrier(submission, PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit, WorkAccess);
                hazards.Clear();
                break;
            }
        }

        foreach (Binding binding in bindings)
        {
            hazards.Touch(binding.Slice, binding.Writes);
        }
    }

    private void Barrier(Submission submission, PipelineStageFlags stages, AccessFlags access)
    {
        var barrier = new MemoryBarrier
        {
            SType = StructureType.MemoryBarrier,
            SrcAccessMask = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit,
            DstAccessMask = access,
        };
        api.CmdPipelineBarrier(
            submission.Commands, PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit, stages,
            0, 1, in barrier, 0, null, 0, null);
    }

    /// <returns>Whether the device got so far in the time given; without a limit it waits.</returns>
    private bool WaitFor(ulong value, TimeSpan? limit = null)
    {
        Semaphore semaphore = timeline;
        var info = new SemaphoreWaitInfo
        {
            SType = StructureType.SemaphoreWaitInfo,
            SemaphoreCount = 1,
            PSemaphores = &semaphore,
            PValues = &value,
        };
        ulong nanoseconds = limit is TimeSpan time ? (ulong)time.Ticks * 100 : ulong.MaxValue;
        Result result = api.WaitSemaphores(device, in info, nanoseconds);
        if (result == Result.Timeout)
        {
            return false;
        }

        Check(result, "the wait for the device");
        Recycle();
        return true;
    }

    private void Recycle()
    {
        if (inFlight.Count == 0)
        {
            return;
        }

        ulong done;
        Check(api.GetSemaphoreCounterValue(device, timeline, &done), "asking the device how far it is");
        while (inFlight.Count > 0 && inFlight.Peek().Value <= done)
        {
            Submission submission = inFlight.Dequeue();
            double seconds = submission.Elapsed(facts.Limits.TimestampPeriod);
            Learn(submission.Cost, seconds);
            Profile?.Add(submission.Kernel, seconds, submission.Operations);
            submission.Reset();
            idle.Push(submission);
        }
    }

    /// <summary>Follows the device's speed, from submissions large enough to tell.</summary>
    private void Learn(double cost, double seconds)
    {
        if (seconds > 1e-3)
        {
            costPerSecond += 0.25 * (Math.Clamp(cost / seconds, 1e9, 1e14) - costPerSecond);
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(VulkanDevice));
        if (lost)
        {
            VulkanCheck.Ok(Result.ErrorDeviceLost, "earlier work");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(Result result, string what)
    {
        lost |= result == Result.ErrorDeviceLost;
        VulkanCheck.Ok(result, what);
    }
}
