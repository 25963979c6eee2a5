using System.Reflection;
using System.Runtime.InteropServices;
using VkSparseGrad.Devices;

namespace VkSparseGrad.Tests.Devices;

/// <summary>What the compiled shaders ask of a device. Field case 53: devices without 16-bit types; 58: without float
/// atomics.</summary>
[TestClass]
public sealed class ShaderModuleTests
{
    private const uint Magic = 0x07230203, OpCapability = 17, HeaderWords = 5;

    /// <summary>What every Vulkan device can, and the subgroup operations that a device is checked for. Float16 (9), Int64 (11),
    /// StorageBuffer16BitAccess (4433) and the float atomics (6033, 6034) are not among it.</summary>
    private static readonly Dictionary<uint, string> Allowed = new()
    {
        [1] = "Shader", [47] = "ImageBuffer", [61] = "GroupNonUniform", [63] = "GroupNonUniformArithmetic", [64] = "GroupNonUniformBallot",
        [65] = "GroupNonUniformShuffle",
    };

    public static IEnumerable<object[]> Names => Resources.Select(name => new object[] { name });

    /// <summary>The shaders by file name, variants left out.</summary>
    public static IEnumerable<string> Shaders =>
        Resources.Select(name => Path.GetFileName(name).Split('.')[0]).Distinct();

    private static Assembly Library => typeof(VulkanDevice).Assembly;

    private static IEnumerable<string> Resources =>
        Library.GetManifestResourceNames().Where(name => name.EndsWith(".spv", StringComparison.Ordinal));

    [TestMethod]
    [DynamicData(nameof(Names))]
    public void A_shader_declares_no_capability_that_a_device_may_lack(string name)
    {
        uint[] capabilities = [.. Capabilities(Read(name))];

        Assert.Contains(1u, capabilities, "Every compute shader declares Shader; the module was not understood.");
        uint[] others = [.. capabilities.Except(Allowed.Keys)];
        Assert.IsEmpty(others, $"{name} declares capability {string.Join(", ", others)}.");
    }

    [TestMethod]
    public void The_shaders_are_found() => Assert.IsGreaterThan(25, Resources.Count());

    private static uint[] Read(string name)
    {
        using Stream stream = Library.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return MemoryMarshal.Cast<byte, uint>(bytes).ToArray();
    }

    private static IEnumerable<uint> Capabilities(uint[] words)
    {
        Assert.AreEqual(Magic, words[0]);
        for (uint at = HeaderWords; at < words.Length; at += words[at] >> 16)
        {
            if ((words[at] & 0xffff) == OpCapability)
            {
                yield return words[at + 1];
            }
        }
    }
}
