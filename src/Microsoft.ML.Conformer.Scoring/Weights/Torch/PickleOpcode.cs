namespace Microsoft.ML.Conformer.Weights.Torch;

/// <summary>Python's pickle opcodes that occur in checkpoints, and a few that are refused by name.</summary>
internal enum PickleOpcode : byte
{
    Mark = (byte)'(', Stop = (byte)'.', BinPersistentId = (byte)'Q', Global = (byte)'c', Inst = (byte)'i', Obj = (byte)'o',
    Reduce = (byte)'R', Build = (byte)'b', BinGet = (byte)'h', LongBinGet = (byte)'j', BinPut = (byte)'q', LongBinPut = (byte)'r',
    None = (byte)'N', BinFloat = (byte)'G', BinInt = (byte)'J', BinInt1 = (byte)'K', BinInt2 = (byte)'M',
    BinString = (byte)'T', ShortBinString = (byte)'U', BinUnicode = (byte)'X', BinBytes = (byte)'B', ShortBinBytes = (byte)'C',
    EmptyTuple = (byte)')', Tuple = (byte)'t', EmptyList = (byte)']', Append = (byte)'a', Appends = (byte)'e',
    EmptyDict = (byte)'}', SetItem = (byte)'s', SetItems = (byte)'u', Pop = (byte)'0', PopMark = (byte)'1',

    // Protocol 2
    Proto = 0x80, NewObj = 0x81, Ext1 = 0x82, Ext2 = 0x83, Ext4 = 0x84, Tuple1 = 0x85, Tuple2 = 0x86, Tuple3 = 0x87,
    NewTrue = 0x88, NewFalse = 0x89, Long1 = 0x8a, Long4 = 0x8b,

    // Protocol 4
    ShortBinUnicode = 0x8c, BinUnicode8 = 0x8d, BinBytes8 = 0x8e, EmptySet = 0x8f, AddItems = 0x90, FrozenSet = 0x91,
    NewObjEx = 0x92, StackGlobal = 0x93, Memoize = 0x94, Frame = 0x95,

    // Protocol 5
    ByteArray8 = 0x96,
}
