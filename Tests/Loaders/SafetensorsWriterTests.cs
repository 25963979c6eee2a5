using System.Buffers.Binary;
using System.Text.Json;
using CsCheck;
using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class SafetensorsWriterTests
{
    private static readonly Gen<string> Names = Gen.OneOf(
        Gen.String[Gen.Char['a', 'z'], 1, 12], Gen.OneOf("é.weight", "文/\"q\"\\", "a b\n", "\U00020000", ""));

    private static readonly Gen<(SafetensorsType Type, long[] Shape)> Forms = Gen.Select(
        Gen.Enum<SafetensorsType>(), Gen.Int[0, 4].Select(d => (long)d).Array[0, 4]);

    [TestMethod]
    public void Metadata_says_pt_and_keeps_what_the_source_had()
    {
        using var folder = new TempFolder();
        string source = folder.Write("m", RawSafetensors.Build(
            """{"__metadata__":{"note":"x"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", RawSafetensors.Bytes(2)));
        string saved = folder.File("saved");
        using (SafetensorsFile file = SafetensorsFile.Open(source))
        {
            var writer = new SafetensorsWriter(file.Metadata);
            writer.AddCopy(file, "a");
            writer.Save(saved);
        }

        using JsonDocument header = RawSafetensors.Header(saved);
        JsonElement metadata = header.RootElement.GetProperty("__metadata__");
        Assert.AreEqual("pt", metadata.GetProperty("format").GetString());
        Assert.AreEqual("x", metadata.GetProperty("note").GetString());
        Assert.IsTrue(metadata.EnumerateObject().All(e => e.Value.ValueKind == JsonValueKind.String));
        CollectionAssert.AreEqual(RawSafetensors.Bytes(2), RawSafetensors.Parse(saved)["a"].Data);
    }

    [TestMethod]
    public void A_foreign_format_entry_becomes_pt()
    {
        using var folder = new TempFolder();
        new SafetensorsWriter(new Dictionary<string, string> { ["format"] = "tf" }).Save(folder.File("m"));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("m"));
        Assert.AreEqual("pt", file.Metadata["format"]);
        Assert.HasCount(0, file.Tensors);
    }

    [TestMethod]
    public void Any_file_comes_back_as_it_was_written_padded_and_aligned()
    {
        Gen.Select(Names, Forms).Array[0, 8].Sample(tensors =>
        {
            var distinct = tensors.DistinctBy(t => t.Item1).ToArray();
            using var folder = new TempFolder();
            string path = folder.File("m");
            var writer = new SafetensorsWriter();
            foreach ((string name, (SafetensorsType type, long[] shape)) in distinct)
                writer.AddBytes(name, type, shape, stream => stream.Write(Pattern(name, type, shape)));
            writer.Save(path);

            byte[] bytes = File.ReadAllBytes(path);
            Assert.AreEqual(0, (8 + BinaryPrimitives.ReadInt64LittleEndian(bytes)) % 8);
            var parsed = RawSafetensors.Parse(path);
            Assert.HasCount(distinct.Length, parsed);
            using SafetensorsFile file = SafetensorsFile.Open(path);
            foreach ((string name, (SafetensorsType type, long[] shape)) in distinct)
            {
                byte[] expected = Pattern(name, type, shape);
                Assert.AreEqual(type.Name(), parsed[name].Type);
                CollectionAssert.AreEqual(shape, parsed[name].Shape);
                CollectionAssert.AreEqual(expected, parsed[name].Data);
                Assert.AreEqual(0, file[name].Position % type.Size());
                byte[] read = new byte[expected.Length];
                file.ReadBytes(name, 0, read);
                CollectionAssert.AreEqual(expected, read);
            }
        }, iter: 200);
    }

    [TestMethod]
    public void Floats_come_back_bit_for_bit_in_F32_and_F64()
    {
        Gen.Select(Gen.UInt.Select(BitConverter.UInt32BitsToSingle).Array[0, 40], Gen.OneOf(SafetensorsType.F32, SafetensorsType.F64)).Sample((values, type) =>
        {
            using var folder = new TempFolder();
            var writer = new SafetensorsWriter();
            writer.AddFloats("a", type, [values.Length], values.CopyTo);
            writer.Save(folder.File("m"));
            using SafetensorsFile file = SafetensorsFile.Open(folder.File("m"));
            float[] read = new float[values.Length];
            file.ReadFloats("a", read);
            for (int i = 0; i < values.Length; i++)
                Assert.IsTrue(read[i].Equals(values[i]) && float.IsNegative(read[i]) == float.IsNegative(values[i]));
        }, iter: 200);
    }

    [TestMethod]
    public void Integers_come_back_in_every_type_that_fits()
    {
        SafetensorsType[] types = [SafetensorsType.I64, SafetensorsType.I32, SafetensorsType.I16, SafetensorsType.I8,
            SafetensorsType.U32, SafetensorsType.U16, SafetensorsType.U8, SafetensorsType.Bool];
        foreach (SafetensorsType type in types)
        {
            using var folder = new TempFolder();
            long[] values = type switch
            {
                SafetensorsType.Bool => [0, 1],
                SafetensorsType.U32 or SafetensorsType.U16 or SafetensorsType.U8 => [0, (1L << (8 * type.Size())) - 1],
                _ => [long.MinValue >> (64 - (8 * type.Size())), -1, long.MaxValue >> (64 - (8 * type.Size()))],
            };
            var writer = new SafetensorsWriter();
            writer.AddInt64("a", type, [values.Length], values.CopyTo);
            writer.Save(folder.File("m"));
            using SafetensorsFile file = SafetensorsFile.Open(folder.File("m"));
            long[] read = new long[values.Length];
            file.ReadInt64("a", read);
            CollectionAssert.AreEqual(values, read, type.Name());
            if (type == SafetensorsType.I64)
                continue;

            var tooLarge = new SafetensorsWriter();
            tooLarge.AddInt64("large one", type, [1], v => v[0] = values[^1] + 1);
            Assert.Contains("'large one'", Assert.ThrowsExactly<OverflowException>(() => tooLarge.Save(folder.File("n"))).Message);
            var tooSmall = new SafetensorsWriter();
            tooSmall.AddInt64("small one", type, [1], v => v[0] = values[0] - 1);
            Assert.ThrowsExactly<OverflowException>(() => tooSmall.Save(folder.File("n")));
        }
    }

    [TestMethod]
    public void Large_tensors_are_converted_in_several_pieces()
    {
        using var folder = new TempFolder();
        const int Count = 100_003;
        var writer = new SafetensorsWriter();
        writer.AddFloats("a", SafetensorsType.BF16, [Count], values =>
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = i % 251;
        });
        writer.Save(folder.File("m"));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("m"));
        Assert.AreEqual(2 * Count, file["a"].ByteLength);
        float[] read = new float[Count];
        file.ReadFloats("a", read);
        for (int i = 0; i < Count; i++)
            Assert.AreEqual(i % 251, read[i]);
    }

    [TestMethod]
    public void A_failed_save_keeps_the_old_file_and_leaves_no_litter()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", [1, 2, 3]);
        var failing = new SafetensorsWriter();
        failing.AddFloats("a", SafetensorsType.F32, [2], values => values.Clear());
        failing.AddFloats("b", SafetensorsType.F32, [1], _ => throw new IOException("disk full"));
        Assert.ThrowsExactly<IOException>(() => failing.Save(path));
        var overflowing = new SafetensorsWriter();
        overflowing.AddFloats("wide", SafetensorsType.F16, [1], values => values[0] = 1e6f);
        Assert.Contains("'wide'", Assert.ThrowsExactly<OverflowException>(() => overflowing.Save(path)).Message);
        var tooShort = new SafetensorsWriter();
        tooShort.AddBytes("short", SafetensorsType.U8, [3], stream => stream.WriteByte(1));
        Assert.Contains("'short' was given 1 bytes, expected 3", Assert.ThrowsExactly<InvalidOperationException>(() => tooShort.Save(path)).Message);

        CollectionAssert.AreEqual(new byte[] { 1, 2, 3 }, File.ReadAllBytes(path));
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void A_save_replaces_what_was_there_and_can_be_repeated()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", new byte[5000]);
        float value = 1;
        var writer = new SafetensorsWriter();
        writer.AddFloats("a", SafetensorsType.F16, [1], values => values[0] = value++);
        writer.Save(path);
        CollectionAssert.AreEqual(new byte[] { 0x00, 0x3C }, RawSafetensors.Parse(path)["a"].Data);
        writer.Save(path);
        CollectionAssert.AreEqual(new byte[] { 0x00, 0x40 }, RawSafetensors.Parse(path)["a"].Data);
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void What_cannot_be_written_is_refused_when_added()
    {
        var writer = new SafetensorsWriter();
        writer.AddBytes("a", SafetensorsType.U8, [0], _ => { });
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddBytes("a", SafetensorsType.U8, [0], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddBytes("__metadata__", SafetensorsType.U8, [0], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddBytes("\ud800", SafetensorsType.U8, [0], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddBytes("b", SafetensorsType.U8, [-1], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddBytes("b", SafetensorsType.F32, [1L << 32, 1L << 32], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddFloats("b", SafetensorsType.I64, [1], _ => { }));
        Assert.ThrowsExactly<ArgumentException>(() => writer.AddInt64("b", SafetensorsType.F32, [1], _ => { }));
    }

    private static byte[] Pattern(string name, SafetensorsType type, long[] shape)
    {
        byte[] bytes = new byte[shape.Aggregate(type.Size(), (product, d) => product * (int)d)];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((31 * i) + name.Length + (int)type);
        return bytes;
    }
}
