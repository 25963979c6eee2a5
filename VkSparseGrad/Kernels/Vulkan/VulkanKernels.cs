using System.Runtime.InteropServices;
using VkSparseGrad.Devices;
using VkSparseGrad.Kernels.Vulkan.Tuning;
using VkSparseGrad.Tensors;

namespace VkSparseGrad.Kernels.Vulkan;

/// <summary>The kernel contract on a Vulkan device.</summary>
/// <remarks>Split by concern over several files. Not safe for use by several threads at once. Disposing it leaves the device
/// open; the device may outlive it and must not be disposed before it.</remarks>
public sealed unsafe partial class VulkanKernels : IKernels
{
    /// <summary>Every device offers this many workgroups in each dimension.</summary>
    private const int MaxGroups = 65535;

    /// <summary>Loop trips one invocation may make in all. Lavapipe ends the loops of an invocation without a word after
    /// 65,535.</summary>
    internal const int MaxTrips = 32768;

    private readonly VulkanDevice device;
    private readonly MemoryTracker memory = new();
    private readonly int lanes;
    private readonly MatmulKernel matmul;
    private readonly Tensor nothing;
    private readonly Action<PipelineRequest>? requests;

    /// <summary>Uses an open device.</summary>
    /// <exception cref="ArgumentException">The device's options ask for kernels that it cannot run.</exception>
    public VulkanKernels(VulkanDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        this.device = device;
        lanes = device.SubgroupSize;
        guardBytes = device.Options.Guards ? GuardSize : 0;
        matmul = device.Options.Matmul ??
            (device.Info.Kind == DeviceKind.Cpu && device.Facts.SubgroupOperations ? MatmulKernel.Subgroup : MatmulKernel.Tile);
        if (matmul == MatmulKernel.Subgroup && !device.Facts.SubgroupOperations)
        {
            throw new ArgumentException(
                "DeviceOptions.Matmul asks for the kernels for software drivers, which need subgroup operations; this device lacks them or was opened without.",
                nameof(device));
        }

        nothing = Allocate(Shape.Vector(4), DType.Float32, MemoryCategory.Scratch);
    }

    /// <summary>For tests: the kernels as another device would have them.</summary>
    /// <param name="device">Where tensors live.</param>
    /// <param name="lanes">The width of a subgroup on the other device. A device without subgroup operations can run any.</param>
    /// <param name="matmul">The other device's matmul kernel.</param>
    /// <param name="requests">Told of each kernel in place of its run; null runs them.</param>
    internal VulkanKernels(VulkanDevice device, int lanes, MatmulKernel matmul, Action<PipelineRequest>? requests)
        : this(device)
    {
        this.lanes = lanes;
        this.matmul = matmul;
        this.requests = requests;
    }

    /// <summary>The device.</summary>
    public VulkanDevice Device => device;

    /// <inheritdoc/>
    public MemoryUsage CurrentMemory => memory.Current;

    /// <inheritdoc/>
    public MemoryUsage PeakMemory => memory.Peak;

    internal CommandStream Stream => device.Stream;

    /// <summary>The matmul kernel that runs.</summary>
    internal MatmulKernel MatmulKernel => matmul;

    /// <summary>What was measured of how products are divided fastest; null where there is one way only, or nothing is to be
    /// measured.</summary>
    /// <exception cref="DeviceException">The device's file in <see cref="DeviceOptions.TuningFolder"/> cannot be read.</exception>
    internal MatmulTuning? Tuning
    {
        get => field ??= matmul == MatmulKernel.Tile && device.Options.TuningFolder is not null ? MatmulTuning.Load(device) : null;
        set;
    }

    /// <summary>What stands for products that were computed and that nobody has measured.</summary>
    internal HashSet<MeasuredProduct> Unmeasured { get; } = [];

    /// <summary>Whether such products are noted.</summary>
    internal bool NotesUnmeasured { get; set; } = true;

    /// <summary>Whether the kernels take the forms for a CPU's vector registers: few wide workgroups, no more reads than needed. A GPU
    /// wants many workgroups, and many reads at once.</summary>
    private bool IsSoftware => matmul == MatmulKernel.Subgroup;

    /// <summary>How many reads of a sum are on their way at once.</summary>
    private uint Ahead => IsSoftware ? 1u : 16u;

    /// <summary>The same where each is followed by a write, which a later read would have to wait for.</summary>
    private uint CopiesAhead => IsSoftware ? 1u : 4u;

    /// <inheritdoc/>
    public void ResetPeakMemory() => memory.ResetPeak();

    /// <summary>Gives back what the kernels hold themselves. Tensors are their owners'.</summary>
    public void Dispose() => nothing.Dispose();

    private static MemorySlice Slice(Tensor tensor) => Own(tensor).Slice;

    private static VulkanTensor Own(Tensor tensor) =>
        tensor as VulkanTensor ?? throw new ArgumentException("The tensor belongs to other kernels.");

    private Binding Read(Tensor tensor) => Whole(OrNothing(tensor), false);

    private Binding Write(Tensor tensor) => Whole(OrNothing(tensor), true);

    private Binding Whole(Tensor tensor, bool writes) => new(Bound(tensor, 0, tensor.Length * sizeof(float)), writes);

    /// <summary>A binding of no bytes is not allowed, so a tensor without elements is stood in for.</summary>
    private Tensor OrNothing(Tensor tensor) => tensor.Length == 0 ? nothing : tensor;

    /// <summary>A binding for an operand that is absent; the kernel is specialized not to touch it.</summary>
    private Binding ReadOr(Tensor? tensor) => Read(tensor ?? nothing);

    /// <summary>A buffer that a kernel reads in quads, where its rows are whole quads. The kernel has a variant for texels.</summary>
    private static Binding Quads(Binding binding, long rowLength) => binding with { Quads = rowLength % 4 == 0 };

    private static uint Flag(bool value) => value ? 1u : 0u;

    private static uint Aligned(long columns) => Flag(columns % 4 == 0);

    private static int DivideUp(long count, long size) => checked((int)((count + size - 1) / size));

    /// <summary>Folds a row of workgroups into two dimensions; kernels undo it with group_index().</summary>
    private static (uint X, uint Y, uint Z) Fold(int groups) => groups <= MaxGroups
        ? ((uint)groups, 1, 1)
        : (32768, (uint)DivideUp(groups, 32768), 1);

    private static void CheckTrips(long trips, string kernel)
    {
        if (trips > MaxTrips)
        {
            throw new ArgumentException($"{kernel} would loop {trips} times in one invocation; {MaxTrips} is the most. Use a smaller batch size or a shorter maximum length.");
        }
    }

    private static uint Bits(double value) => BitConverter.SingleToUInt32Bits((float)value);

    /// <summary>Runs a kernel whose push constants are laid out as a struct.</summary>
    private void Dispatch<T>(
        string shader, ReadOnlySpan<uint> constants, ReadOnlySpan<Binding> bindings, T push,
        (uint X, uint Y, uint Z) groups, double cost)
        where T : unmanaged =>
        Dispatch(shader, constants, bindings, MemoryMarshal.Cast<T, uint>(new ReadOnlySpan<T>(in push)), groups, cost);

    /// <summary>Runs a kernel: its specialization constants by id, its buffers by binding, its push constants in order.</summary>
    private void Dispatch(
        string shader, ReadOnlySpan<uint> constants, ReadOnlySpan<Binding> bindings, ReadOnlySpan<uint> push,
        (uint X, uint Y, uint Z) groups, double cost)
    {
        if (groups.X == 0 || groups.Y == 0 || groups.Z == 0)
        {
            return;
        }

        foreach (Binding binding in bindings)
        {
            if (binding.Slice.Size > device.MaxBindingBytes)
            {
                throw new DeviceException(
                    $"Kernel {shader} would bind {binding.Slice.Size} bytes at once; {device.Info.Name} allows {device.MaxBindingBytes}. " +
                    "Use a smaller batch size or a shorter maximum length.");
            }
        }

        if (groups.X > MaxGroups || groups.Y > MaxGroups || groups.Z > MaxGroups)
        {
            throw new ArgumentException($"Kernel {shader} would need {groups} workgroups; {MaxGroups} fit in a dimension.");
        }

        uint texels = device.Facts.TexelLoads ? Texels(bindings) : 0;
        if (requests is not null)
        {
            requests(new PipelineRequest(shader, bindings.Length, texels, lanes, constants.ToArray()));
            return;
        }

        ComputePipeline pipeline = device.Pipelines.Get(shader, bindings.Length, texels, lanes, constants);
        Stream.Dispatch(pipeline, bindings, push, groups, cost);
    }

    /// <summary>Which bindings become texel buffers: all that hold quads, or none where one of them is too large for that.</summary>
    private uint Texels(ReadOnlySpan<Binding> bindings)
    {
        uint texels = 0;
        for (int i = 0; i < bindings.Length; i++)
        {
            if (bindings[i].Quads && bindings[i].Slice.Size / (4 * sizeof(float)) > device.Facts.Limits.MaxTexelBufferElements)
            {
                return 0;
            }

            texels |= Flag(bindings[i].Quads) << i;
        }

        return texels;
    }

    /// <summary>Splits n elements into windows that a binding can hold, each a whole number of quads but the last.</summary>
    /// <param name="n">Number of elements.</param>
    /// <param name="costOfElement">Where given, windows are also no larger than a submission should be. Not for sums: how they
    /// are cut would depend on the device's speed at the time.</param>
    private Pieces<long> Windows(long n, double costOfElement = 0)
    {
        // Windows start at multiples of 128 elements: of 256 bytes, which any device takes as an offset, even at two bytes each.
        long most = Math.Min(device.MaxBindingBytes / sizeof(float), 1L << 29) / 128 * 128;
        if (costOfElement > 0)
        {
            most = Math.Min(most, Math.Max(1 << 16, (long)(Stream.CostLimit / costOfElement)) / 128 * 128);
        }

        return new(n, most);
    }

    /// <summary>A window of a tensor, for a kernel that reads it in quads.</summary>
    private Binding ReadWindow(Tensor tensor, long first, int count) =>
        Quads(new Binding(Bound(tensor, first * sizeof(float), (long)count * sizeof(float)), false), count);

    private Binding WriteWindow(Tensor tensor, long first, int count) =>
        new(Bound(tensor, first * sizeof(float), (long)count * sizeof(float)), true);
}
