using System.Text;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

/// <summary>Every malformed file gives the one exception type, in one line that says file, fault and figures.</summary>
[TestClass]
public sealed class SafetensorsMalformedTests
{
    private static readonly byte[] Good = RawSafetensors.Build(
        """{"a":{"dtype":"F32","shape":[256],"data_offsets":[0,1024]}}""", new byte[1024]);

    public static IEnumerable<object[]> StatedLengths =>
    [
        ["only FF", Enumerable.Repeat((byte)0xFF, 8).ToArray(), new[] { "18446744073709551615", "the file has 8", "100000000" }],
        ["1000 then 9 bytes", LengthThen(1000, 9), new[] { "1000 bytes", "the file has 17" }],
        ["zero", LengthThen(0, 0), new[] { "header is empty" }],
        ["above the cap and the file", LengthThen(100_000_001, 16), new[] { "100000001 bytes", "the file has 24", "limit is 100000000" }],
        ["above half of 64 bits", LengthThen(0x8000_0000_0000_0000, 16), new[] { "9223372036854775808", "the file has 24" }],
    ];

    public static IEnumerable<object[]> ForeignFiles =>
    [
        ["LFS pointer", LfsPointer(), "Git LFS pointer"],
        ["short LFS pointer", "version https://git-lfs.github.com/spec/v1\n"u8.ToArray(), "Git LFS pointer"],
        ["HTML", "<!DOCTYPE html><html></html>"u8.ToArray(), "web page"],
        ["HTML after white space", "\r\n  <html></html>"u8.ToArray(), "web page"],
        ["tiny markup", "<html>"u8.ToArray(), "web page"],
        ["text", "Not Found, sorry"u8.ToArray(), "text file"],
        ["ZIP", new byte[] { 0x50, 0x4B, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0 }, "ZIP archive"],
        ["GGUF", new byte[] { 0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 8, 0, 0, 0 }, "GGUF"],
    ];

    public static IEnumerable<object[]> Headers =>
    [
        ["overlap", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, new[] { "'a'", "'b'", "overlap by 4 bytes" }],
        ["same bytes twice", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, new[] { "overlap by 4 bytes" }],
        ["empty inside another", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", 8, new[] { "'b'", "overlap" }],
        ["hole", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, new[] { "4 bytes between 'a' and 'b'" }],
        ["hole at the start", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, new[] { "4 bytes between the header and 'a'" }],
        ["surplus", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, new[] { "4 bytes at the end" }],
        ["surplus without tensors", "{}", 3, new[] { "3 bytes at the end" }],
        ["shape larger than range", """{"a":{"dtype":"F32","shape":[1000,1000],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "declares 4 bytes", "needs 4000000" }],
        ["reversed", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, new[] { "'a'", "reversed", "[4, 0]" }],
        ["beyond the file", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, new[] { "truncated", "'a' of 8 bytes" }],
        ["one offset", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, new[] { "'a'", "expected 2" }],
        ["three offsets", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, new[] { "'a'", "more than 2 data_offsets" }],
        ["negative offset", """{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, new[] { "'a'", "data_offsets entry that is not an integer" }],
        ["fractional dimension", """{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape entry that is not an integer" }],
        ["exponent dimension", """{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape entry" }],
        ["string dimension", """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape entry" }],
        ["64-bit wrap to 0", """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, new[] { "'a'", "more bytes than 64 bits" }],
        ["32-bit wrap to 0", """{"a":{"dtype":"F32","shape":[2147483648,2],"data_offsets":[0,0]}}""", 0, new[] { "'a'", "needs 17179869184" }],
        ["negative dimensions", """{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape entry" }],
        ["dimension beyond 64 bits", """{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape entry" }],
        ["range at the end of 64 bits", """{"a":{"dtype":"U8","shape":[7],"data_offsets":[9223372036854775800,9223372036854775807]}}""", 0, new[] { "'a'", "beyond what 64 bits" }],
        ["65 dimensions", $$$"""{"a":{"dtype":"U8","shape":[{{{string.Join(',', Enumerable.Repeat('1', 65))}}}],"data_offsets":[0,1]}}""", 1, new[] { "'a'", "more than 64 shape" }],
        ["array", "[1,2]", 0, new[] { "byte 0x5B" }],
        ["deep array", new string('[', 100), 0, new[] { "byte 0x5B" }],
        ["deep inside a tensor", $$$"""{"a":{"x":{{{new string('[', 100)}}}""", 0, new[] { "not valid JSON" }],
        ["unknown dtype", """{"a":{"dtype":"F12","shape":[1],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "'F12'", "BF16" }],
        ["lower-case dtype", """{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, new[] { "'f32'" }],
        ["dtype is a number", """{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}""", 4, new[] { "'a'", "dtype as a string" }],
        ["no shape", """{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, new[] { "'a' lacks shape" }],
        ["no dtype", """{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, new[] { "'a' lacks dtype" }],
        ["no offsets", """{"a":{"dtype":"F32","shape":[1]}}""", 4, new[] { "'a' lacks data_offsets" }],
        ["shape is null", """{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}""", 4, new[] { "'a'", "shape as an array" }],
        ["tensor is an array", """{"a":[]}""", 0, new[] { "'a'", "an object" }],
        ["tensor is null", """{"a":null}""", 0, new[] { "'a'", "an object" }],
        ["byte order mark", "\uFEFF{}", 0, new[] { "byte order mark" }],
        ["leading space", " {}", 0, new[] { "byte 0x20" }],
        ["cut JSON", """{"a":{"dtype":"F32",""", 0, new[] { "not valid JSON" }],
        ["text after the object", "{} x", 0, new[] { "not valid JSON" }],
        ["two objects", "{}{}", 0, new[] { "not valid JSON" }],
        ["trailing NUL", "{}\0", 0, new[] { "not valid JSON" }],
        ["comment", "{/**/}", 0, new[] { "not valid JSON" }],
        ["same name twice", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, new[] { "'a' is listed twice" }],
        ["same name twice by escape", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, new[] { "'a' is listed twice" }],
        ["dtype twice", """{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}""", 1, new[] { "'a' states dtype twice" }],
        ["offsets twice", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""", 1, new[] { "'a' states data_offsets twice" }],
        ["half a surrogate pair", """{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, new[] { "not valid Unicode" }],
        ["line break in a name", """{"x\ny":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""", 1, new[] { @"'x\u000ay'" }],
        ["metadata number", """{"__metadata__":{"step":3}}""", 0, new[] { "__metadata__", "'step'", "Number" }],
        ["metadata null value", """{"__metadata__":{"format":null}}""", 0, new[] { "__metadata__", "'format'", "Null" }],
        ["metadata array", """{"__metadata__":["pt"]}""", 0, new[] { "__metadata__", "StartArray" }],
        ["metadata twice", """{"__metadata__":{},"__metadata__":{}}""", 0, new[] { "__metadata__ is listed twice" }],
        ["metadata entry twice", """{"__metadata__":{"a":"1","a":"2"}}""", 0, new[] { "'a' is listed twice" }],
    ];

    [TestMethod]
    [DynamicData(nameof(StatedLengths))]
    public void Stated_header_length_is_checked_against_the_file_before_anything_is_allocated(string name, byte[] file, string[] parts)
    {
        using var folder = new TempFolder();
        string path = folder.Write("model.safetensors", file);
        AssertRefused(path, parts, name);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertRefused(path, parts, name);
        Assert.IsLessThan(1_000_000, GC.GetAllocatedBytesForCurrentThread() - before, name);
    }

    [TestMethod]
    public void An_honest_header_above_the_limit_is_refused_with_the_limit()
    {
        using var folder = new TempFolder();
        string path = folder.Write("model.safetensors", LengthThen(100_000_001, 2));
        using (FileStream sparse = File.OpenWrite(path))
            sparse.SetLength(8 + 100_000_001);
        AssertRefused(path, ["100000001 bytes long", "limit of 100000000"], "cap");
    }

    [TestMethod]
    [DynamicData(nameof(ForeignFiles))]
    public void Files_of_other_kinds_are_recognised(string name, byte[] file, string kind)
    {
        using var folder = new TempFolder();
        AssertRefused(folder.Write("model.safetensors", file), [kind], name);
    }

    [TestMethod]
    [DataRow(67 + 100, "truncated: the header promises 1091 bytes, the file has 167")]
    [DataRow(40, "truncated")]
    [DataRow(8, "truncated")]
    [DataRow(5, "truncated: a safetensors file begins with 8 bytes of header length, the file has 5")]
    [DataRow(0, "the file is empty (0 bytes)")]
    public void A_file_that_ends_early_is_called_truncated(int length, string part)
    {
        Assert.HasCount(1091, Good);
        using var folder = new TempFolder();
        AssertRefused(folder.Write("model.safetensors", Good[..length]), [part], part);
    }

    [TestMethod]
    [DynamicData(nameof(Headers))]
    public void Headers_that_break_a_rule_are_refused(string name, string json, int dataBytes, string[] parts)
    {
        using var folder = new TempFolder();
        AssertRefused(folder.Write("model.safetensors", RawSafetensors.Build(json, new byte[dataBytes])), parts, name);
    }

    [TestMethod]
    public void A_name_that_is_not_UTF_8_is_refused()
    {
        byte[] json = Encoding.UTF8.GetBytes("""{"?":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""");
        json[2] = 0xFF;
        using var folder = new TempFolder();
        AssertRefused(folder.Write("model.safetensors", RawSafetensors.Build(json, 0)), ["not valid UTF-8"], "name");
    }

    [TestMethod]
    public void Any_prefix_and_any_changed_byte_gives_a_clean_refusal_or_a_good_file()
    {
        byte[] good = RawSafetensors.Build("""{"__metadata__":{"format":"pt"},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 1, 2);
        using var folder = new TempFolder();
        for (int i = 0; i < good.Length; i++)
            Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(folder.Write("cut", good[..i])).Dispose(), $"cut to {i}");
        foreach (byte value in new byte[] { 0x00, 0x22, 0x5B, 0x7D, 0x80, 0xFF })
        {
            for (int i = 0; i < good.Length; i++)
            {
                byte[] changed = [.. good];
                changed[i] = value;
                try
                {
                    SafetensorsFile.Open(folder.Write("changed", changed)).Dispose();
                }
                catch (SafetensorsException e)
                {
                    Assert.DoesNotContain("\n", e.Message);
                }
            }
        }
    }

    private static void AssertRefused(string path, string[] parts, string name)
    {
        SafetensorsException e = Assert.ThrowsExactly<SafetensorsException>(() => SafetensorsFile.Open(path).Dispose(), name);
        Assert.StartsWith(path + ": ", e.Message, name);
        Assert.DoesNotContain("\n", e.Message, name);
        foreach (string part in parts)
            Assert.Contains(part, e.Message, name);
    }

    private static byte[] LengthThen(ulong length, int more)
    {
        byte[] file = new byte[8 + more];
        BitConverter.GetBytes(length).CopyTo(file, 0);
        return file;
    }

    private static byte[] LfsPointer()
    {
        byte[] pointer = Encoding.ASCII.GetBytes(
            $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('0', 64)}\nsize 440449768\n");
        Assert.HasCount(134, pointer);
        return pointer;
    }
}
