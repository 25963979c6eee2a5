using VkSparseGrad.ModelLoaders.Safetensors;

namespace VkSparseGrad.Tests.Loaders;

[TestClass]
public sealed class SafetensorsFileTests
{
    private const string OneTensor = "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";

    [TestMethod]
    public void Tensors_may_be_listed_in_any_order()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build(
            """{"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
            RawSafetensors.Bytes(1, 2, 3, 4)));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        CollectionAssert.AreEqual(new[] { "a", "b" }, file.Tensors.Select(t => t.Name).ToArray());
        CollectionAssert.AreEqual(new float[] { 3, 4 }, Floats(file, "b"));
        CollectionAssert.AreEqual(new float[] { 2 }, Floats(file, "a", first: 1, count: 1));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    [DataRow("    ")]
    public void Data_may_lie_at_odd_addresses(string padding)
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build(
            """{"u":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"f":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}}""" + padding,
            [1, 2, 3, .. RawSafetensors.Bytes(1.5f)]));
        Assert.AreEqual(8 + 106 + padding.Length + 7, new FileInfo(path).Length);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        CollectionAssert.AreEqual(new[] { 1.5f }, Floats(file, "f"));
        long[] integers = new long[3];
        file.ReadInt64("u", integers);
        CollectionAssert.AreEqual(new long[] { 1, 2, 3 }, integers);
    }

    [TestMethod]
    public void Scalars_and_empty_tensors_survive_a_round_trip()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build(
            """{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e1":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"e2":{"dtype":"F32","shape":[2,0],"data_offsets":[4,4]}}""",
            RawSafetensors.Bytes(7)));
        string copy = folder.File("copy");
        using (SafetensorsFile file = SafetensorsFile.Open(path))
        {
            var writer = new SafetensorsWriter(file.Metadata);
            writer.AddFloats("s", SafetensorsType.F32, file["s"].Shape, values => file.ReadFloats("s", values));
            writer.AddFloats("e1", SafetensorsType.F32, file["e1"].Shape, values => file.ReadFloats("e1", values));
            writer.AddCopy(file, "e2");
            writer.Save(copy);
        }

        using SafetensorsFile read = SafetensorsFile.Open(copy);
        Assert.HasCount(3, read.Tensors);
        Assert.HasCount(0, read["s"].Shape);
        Assert.AreEqual(1, read["s"].ElementCount);
        CollectionAssert.AreEqual(new[] { 7f }, Floats(read, "s"));
        CollectionAssert.AreEqual(new long[] { 0 }, read["e1"].Shape.ToArray());
        CollectionAssert.AreEqual(new long[] { 2, 0 }, read["e2"].Shape.ToArray());
        Assert.AreEqual(0, read["e2"].ElementCount);
    }

    [TestMethod]
    public void A_tensor_behind_2_GiB_is_read_without_what_precedes_it()
    {
        byte[] header = RawSafetensors.Build(
            """{"big":{"dtype":"U8","shape":[2200000000],"data_offsets":[0,2200000000]},"tail":{"dtype":"F32","shape":[1],"data_offsets":[2200000000,2200000004]}}""");
        using var folder = new TempFolder();
        string path = folder.Write("m", header);
        using (FileStream sparse = File.OpenWrite(path))
        {
            sparse.Position = header.Length + 2_200_000_000;
            sparse.Write(RawSafetensors.Bytes(1.5f));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        CollectionAssert.AreEqual(new[] { 1.5f }, Floats(file, "tail"));
        Assert.IsLessThan(1_000_000, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual(2_200_000_000, file["big"].ByteLength);
        byte[] end = new byte[2];
        file.ReadBytes("big", 2_199_999_998, end);
        CollectionAssert.AreEqual(new byte[2], end);
        long[] value = [-1];
        file.ReadInt64("big", value, firstElement: 2_199_999_999);
        Assert.AreEqual(0, value[0]);
    }

    [TestMethod]
    [DataRow("{" + OneTensor + "}", 0)]
    [DataRow("{\"__metadata__\":{}," + OneTensor + "}", 0)]
    [DataRow("{\"__metadata__\":null," + OneTensor + "}", 0)]
    [DataRow("{" + OneTensor + ",\"__metadata__\":{\"note\":\"x\",\"format\":\"pt\"}}", 2)]
    public void Metadata_may_be_absent_null_empty_or_last(string json, int entries)
    {
        using var folder = new TempFolder();
        using SafetensorsFile file = SafetensorsFile.Open(folder.Write("m", RawSafetensors.Build(json, 0, 0, 0, 0)));
        Assert.HasCount(entries, file.Metadata);
        Assert.HasCount(1, file.Tensors);
    }

    [TestMethod]
    public void Every_type_of_the_format_may_be_in_a_file()
    {
        foreach (SafetensorsType type in Enum.GetValues<SafetensorsType>())
        {
            using var folder = new TempFolder();
            int size = type.Size();
            byte[] data = [.. Enumerable.Range(1, 2 * size).Select(i => (byte)i)];
            string path = folder.Write("m", RawSafetensors.Build(
                $$$"""{"a":{"dtype":"{{{type.Name()}}}","shape":[2],"data_offsets":[0,{{{2 * size}}}]}}""", data));
            using SafetensorsFile file = SafetensorsFile.Open(path);
            byte[] read = new byte[2 * size];
            file.ReadBytes("a", 0, read);
            CollectionAssert.AreEqual(data, read, type.Name());
            Assert.AreEqual(type, file["a"].Type);
            Assert.AreEqual(2, file["a"].ElementCount);
        }
    }

    [TestMethod]
    public void Integers_keep_their_sign()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build(
            """
            {"i64":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"i32":{"dtype":"I32","shape":[1],"data_offsets":[8,12]},"u32":{"dtype":"U32","shape":[1],"data_offsets":[12,16]},"i16":{"dtype":"I16","shape":[1],"data_offsets":[16,18]},"u16":{"dtype":"U16","shape":[1],"data_offsets":[18,20]},"i8":{"dtype":"I8","shape":[1],"data_offsets":[20,21]},"u8":{"dtype":"U8","shape":[1],"data_offsets":[21,22]}}
            """.Trim(),
            [.. Enumerable.Repeat((byte)0xFF, 7), 0x7F, .. Enumerable.Repeat((byte)0xFF, 14)]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        long Read(string name)
        {
            long[] value = new long[1];
            file.ReadInt64(name, value);
            return value[0];
        }

        Assert.AreEqual(long.MaxValue, Read("i64"));
        Assert.AreEqual(-1, Read("i32"));
        Assert.AreEqual(uint.MaxValue, Read("u32"));
        Assert.AreEqual(-1, Read("i16"));
        Assert.AreEqual(ushort.MaxValue, Read("u16"));
        Assert.AreEqual(-1, Read("i8"));
        Assert.AreEqual(byte.MaxValue, Read("u8"));
    }

    [TestMethod]
    public void Reading_what_is_not_there_is_refused()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build(
            """{"f":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"u":{"dtype":"U64","shape":[1],"data_offsets":[4,12]}}""", new byte[12]));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.ThrowsExactly<KeyNotFoundException>(() => file.ReadFloats("x", new float[1]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadFloats("f", new float[3]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadFloats("f", new float[1], firstElement: 2));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadFloats("f", new float[1], firstElement: -1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => file.ReadBytes("f", 1, new byte[4]));
        Assert.Contains("U64", Assert.ThrowsExactly<SafetensorsException>(() => file.ReadFloats("u", new float[1])).Message);
        Assert.Contains("U64", Assert.ThrowsExactly<SafetensorsException>(() => file.ReadInt64("u", new long[1])).Message);
        Assert.Contains("F16", Assert.ThrowsExactly<SafetensorsException>(() => file.ReadInt64("f", new long[2])).Message);
    }

    [TestMethod]
    public void A_closed_file_gives_no_more_data_and_can_be_deleted()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", RawSafetensors.Build("{" + OneTensor + "}", 0, 0, 0, 0));
        SafetensorsFile file = SafetensorsFile.Open(path);
        file.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => file.ReadFloats("a", new float[1]));
        Assert.ThrowsExactly<FileNotFoundException>(() => SafetensorsFile.Open(folder.File("none")));
    }

    [TestMethod]
    public void Many_threads_may_read_at_once()
    {
        using var folder = new TempFolder();
        float[] values = [.. Enumerable.Range(0, 40_000).Select(i => (float)i)];
        string path = folder.Write("m", RawSafetensors.Build(
            """{"a":{"dtype":"F32","shape":[40000],"data_offsets":[0,160000]}}""", RawSafetensors.Bytes(values)));
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Parallel.For(0, 64, i => CollectionAssert.AreEqual(values[(i * 600)..(i * 600 + 500)], Floats(file, "a", i * 600, 500)));
    }

    private static float[] Floats(SafetensorsFile file, string name)
        => Floats(file, name, 0, (int)file[name].ElementCount);

    private static float[] Floats(SafetensorsFile file, string name, long first, int count)
    {
        float[] values = new float[count];
        file.ReadFloats(name, values, first);
        return values;
    }
}
