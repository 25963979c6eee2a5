using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Silk.NET.Vulkan;
using VkSparseGrad.Files;

namespace VkSparseGrad.Devices;

/// <summary>Makes and keeps the pipelines of a device, and their compiled form on disk.</summary>
internal sealed unsafe class PipelineLibrary : IDisposable
{
    private readonly Vk api;
    private readonly Device device;
    private readonly bool requireSubgroupSize;
    private readonly bool subgroupOperations;
    private readonly bool captureStatistics;
    private readonly string? cacheFile;
    private readonly PipelineCache cache;
    private readonly Dictionary<Key, ComputePipeline> pipelines = new(new ByValue());
    private readonly Dictionary<(int Bindings, uint Texels), BindingLayout> layouts = [];
    private readonly delegate* unmanaged<Device, DebugUtilsObjectNameInfoEXT*, Result> setName;
    private bool grown;
    private bool disposed;

    public PipelineLibrary(Vk api, Device device, PhysicalDeviceFacts facts, bool requireSubgroupSize, DeviceOptions options, nint setObjectName)
    {
        this.api = api;
        this.device = device;
        this.requireSubgroupSize = requireSubgroupSize;
        subgroupOperations = facts.SubgroupOperations;
        setName = (delegate* unmanaged<Device, DebugUtilsObjectNameInfoEXT*, Result>)setObjectName;
        byte[] stored = [];
        captureStatistics = options.PipelineStatistics && facts.PipelineStatistics;
        if (options.PipelineCacheFolder is string cacheFolder)
        {
            cacheFile = Path.Combine(cacheFolder, facts.CacheName + ".bin");
            stored = Load(cacheFile);
        }

        fixed (byte* data = stored)
        {
            // The driver itself checks that the data are its own, and starts empty where they are not.
            var info = new PipelineCacheCreateInfo
            {
                SType = StructureType.PipelineCacheCreateInfo,
                InitialDataSize = (nuint)stored.Length,
                PInitialData = data,
            };
            VulkanCheck.Ok(api.CreatePipelineCache(device, in info, null, out cache), "the creation of a pipeline cache");
        }
    }

    /// <summary>Number of pipelines made.</summary>
    public int Count => pipelines.Count;

    /// <summary>The pipeline of a shader with these specialization constants (id 0 first), made on first use.</summary>
    /// <param name="name">The shader's file name without ending.</param>
    /// <param name="bindings">Number of buffers, bound as 0, 1, 2 ...</param>
    /// <param name="texels">Which of them are texel buffers: bit i stands for binding i.</param>
    /// <param name="subgroupSize">The width the kernel relies on.</param>
    /// <param name="constants">Specialization constants by id.</param>
    public ComputePipeline Get(string name, int bindings, uint texels, int subgroupSize, ReadOnlySpan<uint> constants)
    {
        ObjectDisposedException.ThrowIf(disposed, typeof(VulkanDevice));
        var asked = new AskedKey(name, texels, subgroupSize, constants);
        var known = pipelines.GetAlternateLookup<AskedKey>();
        if (!known.TryGetValue(asked, out ComputePipeline? pipeline))
        {
            pipeline = Create(name, Layout(bindings, texels), subgroupSize, constants);
            known[asked] = pipeline;
            grown = true;
        }

        return pipeline;
    }

    /// <summary>What the compiler says of a pipeline, by the driver's own names; nothing where it does not tell.</summary>
    public IReadOnlyDictionary<string, double> Statistics(ComputePipeline pipeline)
    {
        var result = new Dictionary<string, double>(StringComparer.Ordinal);
        if (!captureStatistics)
        {
            return result;
        }

        var read = (delegate* unmanaged<Device, PipelineExecutableInfoKHR*, uint*, PipelineExecutableStatisticKHR*, Result>)
            (nint)api.GetDeviceProcAddr(device, "vkGetPipelineExecutableStatisticsKHR");
        var info = new PipelineExecutableInfoKHR { SType = StructureType.PipelineExecutableInfoKhr, Pipeline = pipeline.Handle };
        uint count = 0;
        VulkanCheck.Ok(read(device, &info, &count, null), "reading a compiler's statistics");
        var statistics = new PipelineExecutableStatisticKHR[count];
        Array.Fill(statistics, new PipelineExecutableStatisticKHR { SType = StructureType.PipelineExecutableStatisticKhr });
        fixed (PipelineExecutableStatisticKHR* pointer = statistics)
        {
            VulkanCheck.Ok(read(device, &info, &count, pointer), "reading a compiler's statistics");
            for (uint i = 0; i < count; i++)
            {
                PipelineExecutableStatisticKHR* item = pointer + i;
                string name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(item->Name));
                result[name] = item->Format switch
                {
                    PipelineExecutableStatisticFormatKHR.Bool32Khr => item->Value.B32 ? 1 : 0,
                    PipelineExecutableStatisticFormatKHR.Int64Khr => item->Value.I64,
                    PipelineExecutableStatisticFormatKHR.Uint64Khr => item->Value.U64,
                    _ => item->Value.F64,
                };
            }
        }

        return result;
    }

    public void Dispose()
    {
        disposed = true;
        if (cacheFile is not null && grown)
        {
            Store(cacheFile);
        }

        foreach (ComputePipeline pipeline in pipelines.Values)
        {
            api.DestroyPipeline(device, pipeline.Handle, null);
        }

        foreach (BindingLayout layout in layouts.Values)
        {
            api.DestroyPipelineLayout(device, layout.Pipeline, null);
            api.DestroyDescriptorSetLayout(device, layout.Set, null);
        }

        api.DestroyPipelineCache(device, cache, null);
    }

    /// <summary>The code of a shader, or of its variant with texel buffers, and of the one without subgroup operations where it uses
    /// them and the device has none.</summary>
    private byte[] Shader(string name, bool asTexels)
    {
        name = asTexels ? $"{name}.texel" : name;
        Assembly library = Assembly.GetExecutingAssembly();
        using Stream? stream = (subgroupOperations ? null : library.GetManifestResourceStream($"shaders/{name}.shared.spv")) ??
            library.GetManifestResourceStream($"shaders/{name}.spv");
        if (stream is null)
        {
            throw new InvalidOperationException($"The library was built without the shader '{name}'.");
        }

        var code = new byte[stream.Length];
        stream.ReadExactly(code);
        return code;
    }

    private ComputePipeline Create(string name, BindingLayout layout, int subgroupSize, ReadOnlySpan<uint> constants)
    {
        ReadOnlySpan<byte> entry = "main\0"u8;
        Span<SpecializationMapEntry> entries = stackalloc SpecializationMapEntry[constants.Length];
        for (int i = 0; i < constants.Length; i++)
        {
            entries[i] = new SpecializationMapEntry((uint)i, (uint)(i * sizeof(uint)), sizeof(uint));
        }

        byte[] shader = Shader(name, layout.Texels != 0);
        fixed (byte* code = shader, main = entry)
        fixed (uint* values = constants)
        fixed (SpecializationMapEntry* map = entries)
        {
            var moduleInfo = new ShaderModuleCreateInfo
            {
                SType = StructureType.ShaderModuleCreateInfo,
                CodeSize = (nuint)shader.Length,
                PCode = (uint*)code,
            };
            VulkanCheck.Ok(api.CreateShaderModule(device, in moduleInfo, null, out ShaderModule module), $"loading shader {name}");
            var specialization = new SpecializationInfo((uint)constants.Length, map, (nuint)(constants.Length * sizeof(uint)), values);
            var required = new PipelineShaderStageRequiredSubgroupSizeCreateInfo
            {
                SType = StructureType.PipelineShaderStageRequiredSubgroupSizeCreateInfo,
                RequiredSubgroupSize = (uint)subgroupSize,
            };
            var info = new ComputePipelineCreateInfo
            {
                SType = StructureType.ComputePipelineCreateInfo,
                Flags = captureStatistics ? PipelineCreateFlags.CreateCaptureStatisticsBitKhr : 0,
                Layout = layout.Pipeline,
                Stage = new PipelineShaderStageCreateInfo
                {
                    SType = StructureType.PipelineShaderStageCreateInfo,
                    Stage = ShaderStageFlags.ComputeBit,
                    Module = module,
                    PName = main,
                    PSpecializationInfo = &specialization,
                    PNext = requireSubgroupSize ? &required : null,
                },
            };
            Result result = api.CreateComputePipelines(device, cache, 1, in info, null, out Pipeline handle);
            api.DestroyShaderModule(device, module, null);
            VulkanCheck.Ok(result, $"compiling shader {name}");
            Name(handle, name);
            return new ComputePipeline(name, handle, layout);
        }
    }

    private BindingLayout Layout(int bindings, uint texels)
    {
        if (layouts.TryGetValue((bindings, texels), out BindingLayout? layout))
        {
            return layout;
        }

        var slots = new DescriptorSetLayoutBinding[bindings];
        for (int i = 0; i < bindings; i++)
        {
            slots[i] = new DescriptorSetLayoutBinding(
                (uint)i, (texels >> i & 1) != 0 ? DescriptorType.StorageTexelBuffer : DescriptorType.StorageBuffer, 1, ShaderStageFlags.ComputeBit);
        }

        fixed (DescriptorSetLayoutBinding* pointer = slots)
        {
            var setInfo = new DescriptorSetLayoutCreateInfo
            {
                SType = StructureType.DescriptorSetLayoutCreateInfo,
                BindingCount = (uint)bindings,
                PBindings = pointer,
            };
            VulkanCheck.Ok(api.CreateDescriptorSetLayout(device, in setInfo, null, out DescriptorSetLayout set), "a descriptor layout");
            var push = new PushConstantRange(ShaderStageFlags.ComputeBit, 0, BindingLayout.PushConstantBytes);
            var layoutInfo = new PipelineLayoutCreateInfo
            {
                SType = StructureType.PipelineLayoutCreateInfo,
                SetLayoutCount = 1,
                PSetLayouts = &set,
                PushConstantRangeCount = 1,
                PPushConstantRanges = &push,
            };
            VulkanCheck.Ok(api.CreatePipelineLayout(device, in layoutInfo, null, out PipelineLayout pipeline), "a pipeline layout");
            layout = new BindingLayout(bindings, texels, set, pipeline);
            layouts.Add((bindings, texels), layout);
            return layout;
        }
    }

    private void Name(Pipeline pipeline, string name)
    {
        if (setName == null)
        {
            return;
        }

        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
        {
            var info = new DebugUtilsObjectNameInfoEXT
            {
                SType = StructureType.DebugUtilsObjectNameInfoExt,
                ObjectType = ObjectType.Pipeline,
                ObjectHandle = pipeline.Handle,
                PObjectName = text,
            };
            setName(device, &info);
        }
    }

    /// <summary>What an earlier run kept. A cache that cannot be read costs time and nothing else.</summary>
    private static byte[] Load(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllBytes(file) : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Store(string file)
    {
        nuint size = 0;
        if (api.GetPipelineCacheData(device, cache, &size, null) != Result.Success)
        {
            return;
        }

        var data = new byte[size];
        fixed (byte* pointer = data)
        {
            if (api.GetPipelineCacheData(device, cache, &size, pointer) != Result.Success)
            {
                return;
            }
        }

        // Nor does one that cannot be kept.
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            AtomicFile.Write(file, stream => stream.Write(data));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>What a pipeline is known by, to be compared by <see cref="ByValue"/>.</summary>
    private sealed class Key(string name, uint texels, int subgroupSize, uint[] constants)
    {
        public string Name => name;

        public uint Texels => texels;

        public int SubgroupSize => subgroupSize;

        public uint[] Constants => constants;
    }

    /// <summary>The same while it is asked for, so that asking allocates nothing.</summary>
    private readonly ref struct AskedKey(string name, uint texels, int subgroupSize, ReadOnlySpan<uint> constants)
    {
        public readonly string Name = name;
        public readonly uint Texels = texels;
        public readonly int SubgroupSize = subgroupSize;
        public readonly ReadOnlySpan<uint> Constants = constants;

        public static implicit operator AskedKey(Key key) => new(key.Name, key.Texels, key.SubgroupSize, key.Constants);
    }

    /// <summary>Compares by value, constants included.</summary>
    private sealed class ByValue : IEqualityComparer<Key>, IAlternateEqualityComparer<AskedKey, Key>
    {
        public bool Equals(Key? x, Key? y) => x is null || y is null ? ReferenceEquals(x, y) : Equals((AskedKey)x, y);

        public int GetHashCode(Key key) => GetHashCode((AskedKey)key);

        public bool Equals(AskedKey asked, Key key) =>
            asked.Name == key.Name && asked.Texels == key.Texels && asked.SubgroupSize == key.SubgroupSize && asked.Constants.SequenceEqual(key.Constants);

        public int GetHashCode(AskedKey asked)
        {
            var hash = new HashCode();
            hash.Add(asked.Name, StringComparer.Ordinal);
            hash.AddBytes(MemoryMarshal.AsBytes(asked.Constants));
            return hash.ToHashCode();
        }

        public Key Create(AskedKey asked) => new(asked.Name, asked.Texels, asked.SubgroupSize, asked.Constants.ToArray());
    }
}
