using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor abs() => Aten.Abs.Call(this);

        public Tensor abs_() => InPlace(Aten.AbsInPlace, this);

        public Tensor neg() => Aten.Neg.Call(this);

        public Tensor neg_() => InPlace(Aten.NegInPlace, this);

        public Tensor sqrt() => Aten.Sqrt.Call(this);

        public Tensor sqrt_() => InPlace(Aten.SqrtInPlace, this);

        public Tensor rsqrt() => Aten.Rsqrt.Call(this);

        public Tensor rsqrt_() => InPlace(Aten.RsqrtInPlace, this);

        public Tensor square() => Aten.Square.Call(this);

        public Tensor reciprocal() => Aten.Reciprocal.Call(this);

        public Tensor reciprocal_() => InPlace(Aten.ReciprocalInPlace, this);

        public Tensor exp() => Aten.Exp.Call(this);

        public Tensor exp_() => InPlace(Aten.ExpInPlace, this);

        public Tensor expm1() => Aten.Expm1.Call(this);

        public Tensor log() => Aten.Log.Call(this);

        public Tensor log_() => InPlace(Aten.LogInPlace, this);

        public Tensor log1p() => Aten.Log1p.Call(this);

        public Tensor log2() => Aten.Log2.Call(this);

        public Tensor erf() => Aten.Erf.Call(this);

        public Tensor erf_() => InPlace(Aten.ErfInPlace, this);

        public Tensor erfinv() => Aten.Erfinv.Call(this);

        public Tensor erfinv_() => InPlace(Aten.ErfinvInPlace, this);

        public Tensor floor() => Aten.Floor.Call(this);

        public Tensor floor_() => InPlace(Aten.FloorInPlace, this);

        public Tensor ceil() => Aten.Ceil.Call(this);

        public Tensor ceil_() => InPlace(Aten.CeilInPlace, this);

        public Tensor trunc() => Aten.Trunc.Call(this);

        public Tensor sign() => Aten.Sign.Call(this);

        public Tensor sin() => Aten.Sin.Call(this);

        public Tensor cos() => Aten.Cos.Call(this);

        public Tensor tanh() => Aten.Tanh.Call(this);

        public Tensor tanh_() => InPlace(Aten.TanhInPlace, this);

        public Tensor sigmoid() => Aten.Sigmoid.Call(this);

        public Tensor sigmoid_() => InPlace(Aten.SigmoidInPlace, this);

        public Tensor relu() => Aten.Relu.Call(this);

        public Tensor relu_() => InPlace(Aten.ReluInPlace, this);

        public Tensor silu() => Aten.Silu.Call(this);

        public Tensor silu_() => InPlace(Aten.SiluInPlace, this);

        public Tensor isfinite() => Aten.Isfinite.Call(this);

        public Tensor isnan() => Aten.Isnan.Call(this);

        public Tensor isinf() => Aten.Isinf.Call(this);

        public Tensor logical_not() => Aten.LogicalNot.Call(this);

        public Tensor negative() => neg();

        public Tensor round(long decimals = 0) => Aten.RoundDecimals.Call(this, decimals);

        /// <summary>The exact form, by the error function.</summary>
        public Tensor gelu() => Aten.Gelu.Call(this);

        public Tensor gelu(Modules.GELU.Approximate approximate) => Aten.Gelu.Call(this, approximate.ToString());

        public Tensor gelu_() => Aten.GeluInPlace.Call(this);

        public Tensor gelu_(Modules.GELU.Approximate approximate) => Aten.GeluInPlace.Call(this, approximate.ToString());

        public Tensor softmax(long dim, ScalarType? dtype = null) => Aten.SoftmaxInt.Call(this, dim, dtype);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Aten.LogSoftmaxInt.Call(this, dim, dtype);
    }
}
